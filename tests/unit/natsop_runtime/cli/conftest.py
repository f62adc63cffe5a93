"""`natsop` for the tests of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.natsop_runtime.cli.natsop import Natsop


@pytest.fixture
def natsop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Natsop:
    monkeypatch.chdir(tmp_path)
    return Natsop(capsys)
