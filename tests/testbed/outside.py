"""The life of a run seen from outside its namespaces: start them, pass signals on, and clean up after them."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.testbed import isolation, parts, paths, runs
from tests.testbed.errors import TestbedError
from tests.testbed.fetchers import Size, fetch_for
from tests.testbed.images import written_images
from tests.testbed.inside import STOP_SECONDS, STOP_SIGNALS
from tests.testbed.process import DIE_WITH_PARENT
from tests.testbed.wait import wait_until

NEEDED = {"node": Size.NODE, "control-plane": Size.NAMESPACES}
"""What has to be fetched for a run of each size."""


def prepare(size: str) -> None:
    """Everything that needs the network or much time: inside the namespaces there is no network."""
    isolation.require_possible()
    fetch_for(NEEDED[size])
    if size == "node":
        written_images(parts.binaries(parts.NODE | parts.IN_IMAGES))


def run(size: str, command: list[str], purpose: str = "run") -> int:
    """Run the command inside a cluster of its own; its exit status. Nothing of the cluster is left afterwards."""
    _require_known(command[0])
    prepare(size)
    this_run, lock = runs.create(size, purpose)
    try:
        return _run_inside(this_run, lock, command)
    finally:
        runs.remove(this_run)
        os.close(lock)


def _require_known(program: str) -> None:
    """A typing error is told before the cluster is started for it."""
    if program not in parts.NODE | parts.IN_IMAGES and shutil.which(program) is None:
        raise TestbedError(f"there is no program {program} on PATH.")


def _run_inside(this_run: runs.Run, lock: int, command: list[str]) -> int:
    argv = [
        *DIE_WITH_PARENT,
        *isolation.ENTER,
        sys.executable,
        "-m",
        "tests.testbed.inside",
        str(this_run.folder),
        *command,
    ]
    # We pass signals on; a session of its own keeps a terminal's Ctrl-C from arriving twice.
    environment = {**os.environ, paths.CLUSTER_VARIABLE: str(this_run.folder), "PYTHONPATH": _python_path()}
    process = subprocess.Popen(argv, start_new_session=True, pass_fds=[lock], env=environment)
    with _signals_passed_to(process):
        this_run.init_pid = wait_until(
            lambda: child_of(process.pid) or _ended(process), timeout=60, what="namespaces exist"
        )
        this_run.save()
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextmanager
def _signals_passed_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """The first signal asks the command inside to end; a second one, or a long wait, ends everything at once."""
    asked = 0

    def pass_on(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        del frame
        asked += 1
        init = child_of(process.pid)
        if asked > 1 or number == signal.SIGALRM or not init:
            process.kill()
        else:
            os.kill(init, number)
            signal.alarm(STOP_SECONDS + 10)

    before = {number: signal.signal(number, pass_on) for number in (*STOP_SIGNALS, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def child_of(pid: int) -> int:
    """The only child of a process, 0 while it has none: of unshare, the first process inside."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return int(children[0]) if children else 0


def _ended(process: subprocess.Popen[bytes]) -> int:
    """-1, which is true, when the process is gone before anybody saw its child."""
    return -1 if process.poll() is not None else 0


def _python_path() -> str:
    """The command may be anywhere and change folders; `tests.testbed` is found from anywhere."""
    return ":".join(part for part in (str(paths.SOURCE_TREE), os.environ.get("PYTHONPATH", "")) if part)
