"""The command as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from natsop_runtime.cli import COMMANDS, kubectl
from tests.unit.natsop_runtime.cli.natsop import Natsop

ROOT = Path(__file__).parents[4]
EXAMPLES = ROOT / "docs" / "examples"
NATSOP = f"{sys.executable} -m natsop_runtime"


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=ROOT, check=False)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    done = shell(f"set -o pipefail; {NATSOP} render --stand-ins -f {EXAMPLES}/zones.yaml | head -1")
    assert (done.stdout, done.stderr) == ("---\n", "")


def test_what_is_rendered_renders_to_no_difference_through_a_pipe() -> None:
    done = shell(f"{NATSOP} diff --exit-code - {EXAMPLES}/zones.yaml < {EXAMPLES}/zones.yaml")
    assert (done.returncode, done.stdout) == (0, "No differences.\n")


def test_errors_go_to_standard_error_with_exit_code_one() -> None:
    done = shell(f"echo 'kind: [' | {NATSOP} validate -f -")
    assert (done.returncode, done.stdout, done.stderr[:10]) == (1, "", "<stdin>:2:")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples(
    natsop: Natsop, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        natsop(command, "--help")
    shown = capsys.readouterr().out
    assert (stopped.value.code, f"usage: natsop {command}" in shown) == (0, True)
    assert f"natsop {command} " in shown.partition("example")[2]


def test_it_tells_its_version(natsop: Natsop, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        natsop("--version")
    assert capsys.readouterr().out == f"natsop {version('natsop')}\n"


def test_the_first_letters_of_an_option_are_not_the_option(natsop: Natsop) -> None:
    with pytest.raises(SystemExit, match="2"):
        natsop("diff", "a", "b", "--exit")


def test_all_commands_are_listed(natsop: Natsop, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        natsop("--help")
    shown = capsys.readouterr().out
    assert all(f"    {command} " in shown for command in COMMANDS)


def test_as_a_plugin_of_kubectl_it_calls_itself_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl-natsop", "status", "--help"])
    with pytest.raises(SystemExit, match="0"):
        kubectl()
    shown = capsys.readouterr().out
    assert "usage: kubectl natsop status" in shown
    assert "  kubectl natsop status my-nats" in shown
