"""The table of all that is generated: one line for each module, whose function yields paths and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.generate import (
    alerts,
    chart,
    chart_page,
    commands,
    core,
    dashboards,
    facts,
    fields,
    layers,
    plugin_page,
    rights,
)

File = tuple[Path, str]

SOURCES: Final[tuple[Callable[[], Iterator[File]], ...]] = (
    core.files,
    chart.files,
    alerts.files,
    dashboards.files,
    plugin_page.files,
    facts.files,
    fields.files,
    layers.files,
    rights.files,
    chart_page.files,
    commands.files,
)


def files() -> Iterator[File]:
    """Every generated file."""
    for source in SOURCES:
        yield from source()
