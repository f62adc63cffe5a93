"""Each row of the tables holds."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from natsop_runtime.cli import main
from tests.unit.natsop_runtime.cli.bad_input.arguments import ARGUMENTS, KUBECONFIGS
from tests.unit.natsop_runtime.cli.bad_input.files import FILES, OBJECTS, SYNTAX, TOO_MUCH
from tests.unit.natsop_runtime.cli.bad_input.resources import CHANGES, RENDERING, RESOURCES, REVISIONS, TAGS
from tests.unit.natsop_runtime.cli.bad_input.table import Row

ROWS = (*FILES, *SYNTAX, *TOO_MUCH, *OBJECTS, *RESOURCES, *RENDERING, *CHANGES, *ARGUMENTS, *KUBECONFIGS)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_bad_input_leads_to_this_text(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in row.files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert natsop(row.command, capsys) == (row.says, row.code)


@pytest.mark.parametrize("row", REVISIONS, ids=str)
def test_bad_revisions_lead_to_this_text(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    git = ["git", "-c", "user.name=n", "-c", "user.email=e"]
    subprocess.run([*git, "init", "-q"], check=True)
    for tag, content in TAGS.items():
        Path("a.yaml").write_text(content)
        for command in (["add", "-A"], ["commit", "-qm", tag], ["tag", tag]):
            subprocess.run([*git, *command], check=True)
    assert natsop(row.command, capsys) == (row.says, row.code)


def natsop(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[str, object]:
    """What the command says, and its exit code."""
    try:
        code: object = main(shlex.split(command))
    except SystemExit as stopped:
        code = stopped.code
    said = capsys.readouterr().err
    return said.splitlines()[-1] if code == 2 else said.removesuffix("\n"), code
