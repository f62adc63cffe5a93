"""`make docker-build` with whichever tool there is, and what the Dockerfile is given."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.testbed import wheels
from tests.testbed.paths import SOURCE_TREE

VERSION = tomllib.loads((SOURCE_TREE / "pyproject.toml").read_text())["project"]["version"]


def asked(folder: Path, *tools: str) -> str:
    """What make asks the tool for, the first of those that there are."""
    for tool in tools:
        program = folder / tool
        program.write_text(f'#!/bin/sh\necho "{tool} $* at ${{SOURCE_DATE_EPOCH}}"\n')
        program.chmod(0o755)
    environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    make = ["make", "--silent", "--old-file=wheels", "docker-build"]
    done = subprocess.run(make, cwd=SOURCE_TREE, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_docker_is_given_the_version_the_commit_and_its_time(tmp_path: Path) -> None:
    words = asked(tmp_path, "docker", "buildah")
    assert words.startswith("docker build ")
    assert f"--build-arg VERSION={VERSION} " in words
    assert re.search(r"--build-arg REVISION=[0-9a-f]{40} --build-arg SOURCE_DATE_EPOCH=(\d{10}) .* at \1$", words)
    assert f"--tag ghcr.io/crewlet/nats-operator:{VERSION} ." in words
    assert "--timestamp" not in words


@pytest.mark.parametrize("tool", ["podman", "buildah"])
def test_others_take_the_time_as_an_option(tmp_path: Path, tool: str) -> None:
    words = asked(tmp_path, tool)
    if not words.startswith(tool):
        pytest.skip("this machine has another tool, which make prefers")
    assert re.search(r"SOURCE_DATE_EPOCH=(\d{10}) --timestamp \1 ", words)


def test_each_python_that_may_run_natsop_is_named_from_the_oldest_to_the_images() -> None:
    project = tomllib.loads((SOURCE_TREE / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)'", str(project["classifiers"]))
    oldest, newest = project["requires-python"].removeprefix(">=3."), wheels.PYTHON.removeprefix("3.")
    assert named == [f"3.{minor}" for minor in range(int(oldest), int(newest) + 1)]
