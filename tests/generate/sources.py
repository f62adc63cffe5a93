"""The table of all that is generated: one line for each module, whose function yields paths and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.generate import alerts, chart, dashboards, plugin_page

File = tuple[Path, str]

SOURCES: Final[tuple[Callable[[], Iterator[File]], ...]] = (
    chart.files,
    alerts.files,
    dashboards.files,
    plugin_page.files,
)


def files() -> Iterator[File]:
    """Every generated file."""
    for source in SOURCES:
        yield from source()
