"""All that `natsop run` writes is its log, one JSON object per line, and quotes no Secret, however it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from typing import Any
from unittest import mock

import pytest

from natsop_runtime.version import natsop_version

SECRET = "hunter2"  # noqa: S105 (it is no secret)

FAULTY = f"""
import asyncio, gc, sys, warnings
from natsop_runtime import main
from natsop_runtime.settings import RunSettings

async def fail():
    raise ValueError("{SECRET[::-1]}"[::-1])  # newer Pythons show this line

async def run_operator(*_arguments, **_options):
    lost = asyncio.create_task(fail())
    await asyncio.sleep(0)
    del lost
    gc.collect()
    warnings.warn("mind the gap")
    async with asyncio.TaskGroup() as group:
        group.create_task(fail())

main.run_operator, main.load_config = run_operator, lambda *_arguments: None
sys.exit(main.run(RunSettings()))
"""


def logged(*command: str) -> list[dict[str, Any]]:
    """What a program that ends with code 1 writes."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=60, env={"HOME": "/nowhere"}
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert SECRET not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_why_it_cannot_start_is_one_line_of_the_log() -> None:
    (line,) = logged("-m", "natsop_runtime", "run", "--kubeconfig=/nowhere/config")
    assert line["level"] == "error"
    assert line["message"].startswith("No Kubernetes cluster to work with: /nowhere/config not found")


def test_faults_are_logged_by_their_place_and_not_by_what_they_say() -> None:
    lost, warning, last = logged("-c", FAULTY)
    assert lost["message"] == "Task exception was never retrieved: ValueError in __main__:7"
    assert "mind the gap" in warning["message"]
    assert last["message"] == "internal error: ValueError in __main__:7"
    assert re.search(r"line 7, in fail\n(    .*\n)*ValueError, and then\n", last["exception"])
    assert last["exception"].endswith("\nExceptionGroup")


def test_sources_that_are_not_installed_have_an_unknown_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", mock.Mock(side_effect=PackageNotFoundError))
    assert natsop_version() == "unknown"
