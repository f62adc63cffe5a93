"""Standard streams that are closed, full or not read, in locales that are not UTF-8: never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.natsop_runtime.cli.bad_input.table import VALID

ROOT = Path(__file__).parents[5]
NATSOP = f"{sys.executable} -m natsop_runtime"
LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (f"{NATSOP} render -f a.yaml >&-", 0, ""),
        (f"{NATSOP} render -f a.yaml | true", 0, ""),
        (f"{NATSOP} render -f a.yaml > /dev/full", 1, "natsop: No space left on device"),
        (f"{NATSOP} --help > /dev/full", 1, "natsop: No space left on device"),
        (f"{NATSOP} render --help > /dev/full", 1, "natsop: No space left on device"),
        (f"{NATSOP} --version > /dev/full", 1, "natsop: No space left on device"),
        (f"{NATSOP} --help | true", 0, ""),
        (f"{NATSOP} render -f - <&-", 1, "There is no NatsCluster or NatsBox in the input."),
        (f"{NATSOP} validate -f absent.yaml 2>&-", 1, ""),
        (f"{NATSOP} validate -f ü.yaml", 1, "\\udcc3\\udcbc.yaml: No such file or directory"),
        (f"{NATSOP} validate -f größe.yaml", 1, "gr\\udcc3\\udcb6\\udcc3\\udc9fe.yaml:1: not UTF-8 text"),
    ],
)
def test_a_stream_that_does_not_work_is_told_in_one_line(command: str, code: int, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(VALID)
    (tmp_path / "größe.yaml").write_bytes(b"\xff")
    shell = f"{command}; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, check=False, cwd=tmp_path, env=LOCALE)
    assert (done.stderr.decode(), done.returncode) == (says + "\n" * bool(says), code)


def test_ctrl_c_ends_a_command_quietly() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PRESSED, "render", "-f", "-"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 130)


PRESSED = """\
import signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets its background jobs ignore it

class Pressed:
    def read(self, most):
        signal.raise_signal(signal.SIGINT)
        while True:  # Python may carry the signal out a moment later
            pass

sys.stdin = type("Stdin", (), {"buffer": Pressed()})
from natsop_runtime.cli import main
sys.exit(main())
"""
