"""Generated files are what their sources give now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generate.regions import with_region
from tests.generate.sources import files


def text_of(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_no_generated_file_is_stale() -> None:
    """`make generate` writes them anew."""
    assert [str(path) for path, text in files() if text_of(path) != text] == []


def test_a_region_is_replaced_and_the_rest_of_the_page_stays() -> None:
    page = "before\n<!-- generated: a -->\n\nold\n\n<!-- end of generated: a -->\nafter\n"
    assert with_region(page, "a", "new\n") == page.replace("old", "new")
    with pytest.raises(LookupError, match="no region b"):
        with_region(page, "b", "new")
