"""The reference of the rights that the operator needs, from its rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from natsop_core import rbac
from tests.generate.chart import ROOT

PAGE: Final = ROOT / "docs" / "reference" / "rbac.md"

_INTRODUCTION: Final = """\
# RBAC

The rights that natsop needs, and those that the chart gives to people. This page is generated from
`natsop_core/rbac.py`.
"""

_ROLES: Final = (
    (
        "The operator",
        "In all namespaces (ClusterRole), or in each of `watchNamespaces` (Role).",
        rbac.namespaced_role("")["rules"],
    ),
    (
        "Access to the metrics",
        "The operator asks the API server who sends a request for metrics, and whether the sender may read them.",
        rbac.metrics_reviews(),
    ),
    (
        "Leader election",
        "In the operator's own namespace, with leader election on. The name of the Lease is `--lease-name`.",
        rbac.leader_election_role("")["rules"],
    ),
    ("Readers of metrics", "For Prometheus.", rbac.metrics_reader()),
    ("Viewers", "Added to the ClusterRole `view`.", rbac.viewers()),
    ("Editors", "Added to the ClusterRoles `edit` and `admin`.", rbac.editors()),
)


def files() -> Iterator[tuple[Path, str]]:
    """The reference page."""
    yield PAGE, _INTRODUCTION + "".join(_section(*role) for role in _ROLES)


def _section(heading: str, why: str, rules: list[dict[str, Any]]) -> str:
    rows = "\n".join(_row(rule) for rule in rules)
    return f"\n## {heading}\n\n{why}\n\n| API group | resources | verbs |\n| --- | --- | --- |\n{rows}\n"


def _row(rule: dict[str, Any]) -> str:
    groups = ", ".join(f"`{group}`" if group else "core" for group in rule.get("apiGroups", ()))
    resources = _codes(rule.get("resources", rule.get("nonResourceURLs", ())))
    named = f" named {_codes(rule['resourceNames'])}" if "resourceNames" in rule else ""
    return f"| {groups or 'path'} | {resources}{named} | {_codes(rule['verbs'])} |"


def _codes(texts: list[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)
