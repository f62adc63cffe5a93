"""The table of alerts in the documentation, from the rules in the chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tests.generate.chart import CHART, ROOT

FOLDER: Final = CHART / "files" / "alerts"
PAGE: Final = ROOT / "docs" / "how-to" / "alerts.md"
RUNBOOKS: Final = "https://crewlet.github.io/nats-operator/how-to/alerts/"

_INTRODUCTION: Final = """\
# Alerts

The Prometheus rules of the chart, one file each in `helm/nats-operator/files/alerts`. What to do when one fires is
in [the runbooks](../how-to/alerts.md). This page is generated.

| alert | severity | fires after | what it means |
| --- | --- | --- | --- |
"""


def files() -> Iterator[tuple[Path, str]]:
    """The reference page."""
    yield ROOT / "docs" / "reference" / "alerts.md", _page()


def rules() -> list[dict[str, Any]]:
    """Every rule, by the name of its file."""
    return [YAML(typ="safe").load(file) for file in sorted(FOLDER.glob("*.yaml"))]


def _page() -> str:
    rows = "".join(f"{_row(rule)}\n" for rule in rules())
    expressions = "".join(f"\n### {rule['alert']}\n\n```promql\n{rule['expr']}\n```\n" for rule in rules())
    return f"{_INTRODUCTION}{rows}\n## Expressions\n{expressions}"


def _row(rule: dict[str, Any]) -> str:
    name = rule["alert"]
    link = f"[{name}](../how-to/alerts.md#{name.lower()})"
    cells = link, rule["labels"]["severity"], rule.get("for", "at once"), rule["annotations"]["description"]
    return f"| {' | '.join(cells)} |"
