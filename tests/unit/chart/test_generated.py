"""The chart's generated files are those that its sources give now."""

from __future__ import annotations

from tests.generate.chart import files


def test_no_generated_file_of_the_chart_is_stale() -> None:
    """`make generate` writes them."""
    assert [str(path) for path, text in files() if path.read_text() != text] == []
