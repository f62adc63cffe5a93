"""The reference of the chart's values, from their comments in values.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.generate import chart_values
from tests.generate.chart import CHART, ROOT

_INTRODUCTION: Final = """\
# Chart values

Every value of the Helm chart `nats-operator`. This page is generated from `helm/nats-operator/values.yaml`.

"""


def files() -> Iterator[tuple[Path, str]]:
    """The reference page."""
    table = chart_values.table(chart_values.read(CHART / "values.yaml"))
    yield ROOT / "docs" / "reference" / "chart-values.md", f"{_INTRODUCTION}{table}\n"
