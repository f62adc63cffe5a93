"""The tables of layers on the page about the architecture, from the import contracts in pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.generate.chart import ROOT
from tests.generate.regions import with_region

PAGE: Final = ROOT / "docs" / "contributing" / "architecture.md"


def files() -> Iterator[tuple[Path, str]]:
    """The page with its tables."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    tables = [_table(contract) for contract in contracts if contract["type"] == "layers"]
    yield PAGE, with_region(PAGE.read_text(), "layers", "\n\n".join(tables))


def _table(contract: dict[str, Any]) -> str:
    places, rows = ", ".join(f"`{each}`" for each in contract["containers"]), "\n".join(contract["layers"])
    return f"### {contract['name']}\n\nIn {places}, the highest first:\n\n```text\n{rows}\n```"
