"""The quick start of the documentation, followed literally on the node: every block and command, in their order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.pages import BLOCKS, Block, commands_of
from tests.testbed.namespace import Namespace

PAGE = "docs/quick-start.md"
LIST = "kubectl get nc,nb"
AGE_OR_VERSION = re.compile(r"([0-9]+[ms])+|[0-9]+\.[0-9]+\.[0-9]+")
WITHIN = 400
"""Seconds for a command; the page waits for five minutes itself."""


def blocks(language: str) -> list[Block]:
    """Those of the page."""
    return [each for each in BLOCKS if each.place.startswith(f"{PAGE}:") and each.language == language]


def words(output: str) -> list[list[str]]:
    """The words of each line, without ages and versions."""
    return [[word for word in line.split() if not AGE_OR_VERSION.fullmatch(word)] for line in output.splitlines()]


@pytest.fixture
def reader(workspace: Namespace, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody whose kubectl works in the namespace; the file of the page lies in the folder."""
    [manifest] = blocks("yaml")
    (tmp_path / "my-nats.yaml").write_text(manifest.text)
    cluster = workspace.cluster
    kubectl = tmp_path / "kubectl"
    options = shlex.join([f"--kubeconfig={cluster.kubeconfig}", f"--namespace={workspace.name}"])
    kubectl.write_text(f'#!/bin/sh\nexec {cluster.binary("kubectl")} {options} "$@"\n')
    kubectl.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def test_the_quick_start_works_as_it_is_written(workspace: Namespace, reader: dict[str, str], tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for command in (each for block in blocks("console") for each in commands_of(block)):
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=reader,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
        if command == LIST:
            described = workspace.kubectl("describe", "nc", "my-nats").stdout

    listed = said[LIST]
    [shown] = (block.text.partition(f"{LIST}\n")[2] for block in blocks("console") if LIST in block.text)
    assert words(shown) == words(listed), listed
    assert re.search(r"^natscluster\S*/my-nats +3 +3 +Ready +\d+\.\d+\.\d+ ", listed, re.MULTILINE), listed
    assert re.search(r"^natsbox\S*/my-box +1 +1 +Ready ", listed, re.MULTILINE), listed
    assert {"ConfigurationLoaded", "Available", "Degraded"} <= set(re.findall(r"Type: +(\w+)", described))
    assert "Conditions:" in described
    assert "ORDERS" in said["kubectl exec deploy/my-box -- nats stream ls"]
    assert "fileStore" in said["kubectl explain natscluster.spec.config.jetstream"]
    assert workspace.client.list("PersistentVolumeClaim", namespace=workspace.name) == []
