"""Telling the person in front of it what takes so long: on stderr, stdout belongs to the command that is run."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.testbed.errors import TestbedError

HEARTBEAT_SECONDS = 15.0


def say(message: str) -> None:
    """One line of progress."""
    print(f"testbed: {message}", file=sys.stderr, flush=True)


def run_with_progress(what: str, argv: list[str], *, cwd: Path, env: dict[str, str], log: Path) -> None:
    """Run a long command, reporting every few seconds how far its log has come; output is shown only if it fails."""
    started = time.monotonic()
    say(f"{what} …")
    with log.open("wb") as output:
        process = subprocess.Popen(argv, cwd=cwd, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            _wait(process, lambda: say(f"{what}: {_elapsed(started)}, {_lines(log)} packages so far"))
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-30:])
        raise TestbedError(f"{what} failed with status {process.returncode}:\n{tail}")
    say(f"{what}: done in {_elapsed(started)}")


def _wait(process: subprocess.Popen[bytes], heartbeat: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(HEARTBEAT_SECONDS)
        except subprocess.TimeoutExpired:
            heartbeat()
        else:
            return


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def _elapsed(started: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - started), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
