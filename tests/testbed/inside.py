"""What happens inside the namespaces: start the cluster, run the command, return its exit status.

There is no clean-up here: when this process ends, its namespaces end, and the kernel takes everything in them away.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from tests.testbed import isolation, paths, runs
from tests.testbed.control_plane import ControlPlane
from tests.testbed.errors import TestbedError
from tests.testbed.node import Node
from tests.testbed.progress import say

STOP_SECONDS = 20
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequestedError(Exception):
    """A signal asked us to end."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def main(folder: Path, command: list[str]) -> int:
    """Inside the new namespaces: the exit status of the command, or 1 with the reason why it was not even started."""
    for number in STOP_SIGNALS:
        signal.signal(number, _raise)
    run = runs.load(folder)
    os.environ[paths.CLUSTER_VARIABLE] = str(folder)
    try:
        isolation.furnish(folder)
        _start(run)
        return _run(command, folder)
    except TestbedError as error:
        say(f"error: {error}")
        return 1
    except StopRequestedError as stop:
        return 128 + stop.number


def _start(run: runs.Run) -> None:
    started = time.monotonic()
    if run.size == "node":
        runs.make_cgroups(run)
        Node(run.folder, run.cgroup).start()
    else:
        plane = ControlPlane(run.folder, address=isolation.NODE_ADDRESS, controller_manager=True)
        plane.start()
        plane.await_ready()
    say(f"{run.size} ready after {time.monotonic() - started:.1f} s")
    (run.folder / "ready").touch()


def _run(command: list[str], folder: Path) -> int:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    try:
        process = subprocess.Popen(command, env={**os.environ, "PATH": path})
    except OSError as error:
        raise TestbedError(f"cannot run {command[0]}: {error}") from error
    try:
        status = process.wait()
    except StopRequestedError as stop:
        process.send_signal(stop.number)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            raise stop from None
    return status if status >= 0 else 128 - status


def _raise(number: int, frame: FrameType | None) -> None:
    del frame
    raise StopRequestedError(number)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
