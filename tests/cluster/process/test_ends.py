"""A running operator ends when it is told to, whatever it is waiting for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until


@pytest.fixture
def started(operated: Operator, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another operator, that may end."""
    command = [sys.executable, "-m", "natsop_runtime", "run", f"--kubeconfig={operated.cluster.kubeconfig}"]
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
        wait_until(lambda: "synced" in log.read_text(), what="it has synced")
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(started: subprocess.Popen[bytes], number: signal.Signals) -> None:
    begun = time.monotonic()
    os.kill(started.pid, number)
    assert started.wait(20) == 0
    assert time.monotonic() - begun < 10  # as long as a single request may take


def test_it_ends_though_the_api_server_does_not_answer(
    started: subprocess.Popen[bytes], control_plane: ControlPlane
) -> None:
    assert control_plane.api_server.pid is not None
    os.kill(control_plane.api_server.pid, signal.SIGSTOP)
    try:
        started.terminate()
        assert started.wait(20) == 0
    finally:
        os.kill(control_plane.api_server.pid, signal.SIGCONT)
