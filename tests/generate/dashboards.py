"""The Grafana dashboards of the chart, from their descriptions in dashboards/."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tests.generate.chart import CHART

Json = dict[str, Any]

FOLDER: Final = CHART / "files" / "dashboards"
DESCRIPTIONS: Final = Path(__file__).with_suffix("")

COLUMNS: Final = 24
SOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
SCHEMA: Final = 39
"""Of Grafana 10.4; newer ones read it, too."""

MACROS: Final = {
    "%pods%": 'namespace=~"$namespace", job=~"$job"',
    "%resources%": 'namespace=~"$namespace"',
    "%ours%": "and on (job, instance) natsop_build_info",
}

INSTANT: Final[Json] = {"instant": True, "range": False}
KINDS: Final[Mapping[str, Json]] = {
    "graph": {
        "size": (8, 7),
        "panel": {
            "type": "timeseries",
            "options": {
                "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
                "tooltip": {"mode": "multi", "sort": "desc"},
            },
        },
        "target": {"range": True},
        "defaults": {"min": 0},
    },
    "number": {
        "size": (4, 4),
        "panel": {
            "type": "stat",
            "options": {
                "colorMode": "value",
                "graphMode": "none",
                "textMode": "auto",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            },
        },
        "target": INSTANT,
        "defaults": {},
    },
    "table": {
        "size": (12, 8),
        "panel": {
            "type": "table",
            "options": {"showHeader": True},
        },
        "target": {**INSTANT, "format": "table"},
        "defaults": {},
    },
}


def files() -> Iterator[tuple[Path, str]]:
    """A file for each dashboard."""
    for file in sorted(DESCRIPTIONS.glob("*.yaml")):
        dashboard = _dashboard(YAML(typ="safe").load(_without_macros(file.read_text())))
        yield FOLDER / f"{file.stem}.json", json.dumps(dashboard, indent=2) + "\n"


def _without_macros(text: str) -> str:
    for macro, meaning in MACROS.items():
        text = text.replace(macro, meaning)
    return text


def _dashboard(described: Json) -> Json:
    variables = described.get("variables", {})
    return {
        "uid": described["uid"],
        "title": described["title"],
        "description": described["description"],
        "tags": ["nats"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": [_source_variable(), *(_variable(*each) for each in variables.items())]},
        "links": [{"type": "dashboards", "title": "NATS", "tags": ["nats"], "asDropdown": True, "keepTime": True}],
        "panels": [{"id": number, **panel} for number, panel in enumerate(_placed(described["rows"]), start=1)],
    }


def _placed(rows: Mapping[str, list[Json]]) -> Iterator[Json]:
    """The panels of all rows, from left to right and from top to bottom."""
    top = 0
    for heading, panels in rows.items():
        yield {"type": "row", "title": heading, "collapsed": False, "panels": [], "gridPos": _place(0, top, COLUMNS, 1)}
        top += 1
        left = tallest = 0
        for described in panels:
            kind = next(key for key in KINDS if key in described)
            width, height = (
                described.get(side, KINDS[kind]["size"][at]) for at, side in enumerate(("width", "height"))
            )
            if left + width > COLUMNS:
                top, left, tallest = top + tallest, 0, 0
            yield {**_panel(kind, described), "gridPos": _place(left, top, width, height)}
            left, tallest = left + width, max(tallest, height)
        top += tallest


def _place(left: int, top: int, width: int, height: int) -> Json:
    return {"x": left, "y": top, "w": width, "h": height}


def _panel(kind: str, described: Json) -> Json:
    steps = described.get("steps", {})
    base = {} if None in steps.values() else {"green": None}
    colours = [{"color": colour, "value": value} for colour, value in (*base.items(), *steps.items())]
    style = {"custom": {"thresholdsStyle": {"mode": "line"}}} if steps and kind == "graph" else {}
    defaults = {
        "unit": described.get("unit", "short"),
        "thresholds": {"mode": "absolute", "steps": colours},
        **KINDS[kind]["defaults"],
        **style,
    }
    hidden = dict.fromkeys(("Time", *described.get("hide", ())), True)
    columns = [{"id": "organize", "options": {"excludeByName": hidden}}] if kind == "table" else []
    queries = described.get("queries") or {"": described["query"]}
    return {
        **KINDS[kind]["panel"],
        "title": described[kind],
        "description": described.get("about", ""),
        "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "transformations": columns,
        "targets": [
            {"refId": ref, "datasource": SOURCE, "expr": expr, "legendFormat": legend, **KINDS[kind]["target"]}
            for ref, (legend, expr) in zip("ABCD", queries.items(), strict=False)
        ],
    }


def _source_variable() -> Json:
    return {"type": "datasource", "name": "datasource", "label": "Data source", "query": "prometheus"}


def _variable(name: str, query: str) -> Json:
    return {
        "type": "query",
        "name": name,
        "label": name,
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "sort": 1,
        "current": {"text": ["All"], "value": ["$__all"]},
    }
