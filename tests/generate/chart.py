"""The generated files of the chart: CRDs, rules of its roles, the schema and the table of its values, its version."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from natsop_core import rbac
from natsop_core.crd import custom_resource_definitions
from natsop_runtime.yaml.writer import to_yaml
from tests.generate import chart_values
from tests.generate.regions import with_region

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "helm" / "nats-operator"

LEASE_NAME: Final = '{{ include "nats-operator.leaseName" . | quote }}'

HEADER: Final = "{{- /* Generated from natsop_core/rbac.py by `make generate`. */}}\n"


def files() -> Iterator[tuple[Path, str]]:
    """Every generated file of the chart."""
    for definition in custom_resource_definitions():
        name = f"{definition['spec']['group']}_{definition['spec']['names']['plural']}.yaml"
        yield CHART / "files" / "crds" / name, to_yaml([definition])
    yield CHART / "templates" / "_rules.tpl", rules_template()
    yield CHART / "Chart.yaml", _with_version((CHART / "Chart.yaml").read_text())
    values = chart_values.read(CHART / "values.yaml")
    yield CHART / "values.schema.json", json.dumps(chart_values.schema(values), indent=2) + "\n"
    readme = CHART / "README.md"
    yield readme, with_region(readme.read_text(), "values", chart_values.table(values))


def rules_template() -> str:
    """Named templates with the rules of each role that the chart makes."""
    rules = {
        "work": rbac.namespaced_role("")["rules"],
        "reviews": rbac.metrics_reviews(),
        "leaderElection": rbac.leader_election_role("", LEASE_NAME)["rules"],
        "metricsReader": rbac.metrics_reader(),
        "view": rbac.viewers(),
        "edit": rbac.editors(),
        "admin": rbac.editors(),
    }
    return HEADER + "".join(_define(name, each) for name, each in rules.items())


def _define(name: str, rules: list[dict[str, Any]]) -> str:
    lines = [f"- {{{', '.join(f'{key}: {_list(value)}' for key, value in rule.items())}}}" for rule in rules]
    return "\n".join([f'\n{{{{- define "nats-operator.rules.{name}" -}}}}', *lines, "{{- end }}\n"])


def _list(texts: list[str]) -> str:
    return f"[{', '.join(text if text == LEASE_NAME else json.dumps(text) for text in texts)}]"


def _with_version(text: str) -> str:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return re.sub(r"^((?:appV|v)ersion): .*$", rf"\1: {version}", text, flags=re.MULTILINE)
