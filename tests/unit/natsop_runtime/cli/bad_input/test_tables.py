"""Each row of the tables holds."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from natsop_runtime.cli import main
from tests.unit.natsop_runtime.cli.bad_input.arguments import ARGUMENTS, KUBECONFIGS
from tests.unit.natsop_runtime.cli.bad_input.files import FILES, OBJECTS, SYNTAX, TOO_MUCH
from tests.unit.natsop_runtime.cli.bad_input.resources import CHANGES, RENDERING, RESOURCES
from tests.unit.natsop_runtime.cli.bad_input.table import Row

ROWS = (*FILES, *SYNTAX, *TOO_MUCH, *OBJECTS, *RESOURCES, *RENDERING, *CHANGES, *ARGUMENTS, *KUBECONFIGS)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_bad_input_leads_to_this_text(
    row: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in row.files.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        code: object = main(shlex.split(row.command))
    except SystemExit as stopped:
        code = stopped.code
    printed = capsys.readouterr().err
    says = printed.splitlines()[-1] if code == 2 else printed.removesuffix("\n")
    assert (says, code) == (row.says, row.code)
