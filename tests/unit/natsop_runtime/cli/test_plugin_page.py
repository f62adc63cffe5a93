"""docs/how-to/kubectl-plugin.md: its commands are ones that the plugin has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from natsop_core.reasons.explain import words
from natsop_runtime import cli

PAGE = Path(__file__).parents[4] / "docs" / "how-to" / "kubectl-plugin.md"
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), re.DOTALL)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("kubectl natsop ")]


def test_every_command_of_the_plugin_is_on_its_page() -> None:
    shown = {shlex.split(line)[2] for line in COMMANDS}
    assert shown - {"--help"} == {"status", "explain", "doctor", "report", "pause", "resume", "restart"}


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_understood(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets as far as to look for a cluster, of which there is none here."""
    monkeypatch.setenv("KUBECONFIG", "/there/is/none")
    arguments = shlex.split(line)[2:]
    if arguments[0] == "explain":
        assert arguments[1] in words()
    if arguments == ["--help"]:
        with pytest.raises(SystemExit, match="0"):
            cli.main(arguments, program="kubectl natsop")
    else:
        assert cli.main(arguments, program="kubectl natsop") == (0 if arguments[0] == "explain" else 1)
