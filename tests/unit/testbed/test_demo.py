"""What `make demo` does at its end: it stays up on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

STAY_UP: Final = [sys.executable, "-c", "from tests.demo import stay_up; stay_up('demo-1'); print('it went on')"]
CTRL_C: Final = b"\x03"


@contextmanager
def on_a_terminal(command: list[str]) -> Iterator[tuple[int, int]]:
    """The command as the foreground of a new terminal: its process id, and the terminal's other end."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)  # noqa: S606
    try:
        yield pid, terminal
    finally:
        os.close(terminal)


def read_until(terminal: int, words: str) -> str:
    """What is shown on the terminal, up to those words; the test's timeout is the deadline."""
    shown = b""
    while words.encode() not in shown:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other side has ended
            pytest.fail(f"{words!r} was not shown: {shown.decode()}")
    return shown.decode()


@pytest.mark.timeout(60)
def test_on_a_terminal_it_says_how_to_look_around_and_waits_for_ctrl_c() -> None:
    with on_a_terminal(STAY_UP) as (pid, terminal):
        hint = read_until(terminal, "tests.testbed shell")
        assert "exec kubectl -n demo-1 get natscluster,natsbox,pods" in hint
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), "it waits"
        os.write(terminal, CTRL_C)
        read_until(terminal, "it went on")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_elsewhere_it_ends_at_once() -> None:
    done = subprocess.run(STAY_UP, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "it went on\n"
