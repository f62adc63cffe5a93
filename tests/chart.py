"""The chart as Helm renders it, for the tests: with any values, and with a matrix of values that covers all pairs."""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from tests.generate import chart_values
from tests.testbed import parts
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run

Manifest = dict[str, Any]
Values = dict[str, Any]

CHART: Final = Path(__file__).parents[1] / "helm" / "nats-operator"
RELEASE: Final = "nats-operator"
NAMESPACE: Final = "nats-system"
WATCHED: Final = ("orders", "billing")

CHOICES: Final[Mapping[str, tuple[Any, ...]]] = {
    "replicaCount": (1, 2),
    "image.digest": ("", f"sha256:{'0' * 64}"),
    "imagePullSecrets": ([], [{"name": "registry"}]),
    "fullnameOverride": ("", "nats-op"),
    "namespaceOverride": ("", "elsewhere"),
    "commonLabels": ({}, {"team": "messaging"}),
    "podLabels": ({}, {"sidecar.istio.io/inject": "false"}),
    "watchNamespaces": ([], list(WATCHED)),
    "serviceAccount.name": ("", "operator"),
    "healthProbeBindAddress": (":8081", "0.0.0.0:9081", "0", ""),
    "metrics.bindAddress": (":8443", "[::]:9443", "0"),
    "metrics.certificate.existingSecret": ("", "metrics-tls"),
    "metrics.certificate.certManager.issuerRef": ({}, {"name": "ours", "kind": "ClusterIssuer"}),
    "networkPolicy.metricsFrom": ([], [{"namespaceSelector": {"matchLabels": {"team": "monitoring"}}}]),
    "networkPolicy.apiServerTo": ([], [{"ipBlock": {"cidr": "10.0.0.0/8"}}]),
    "podDisruptionBudget.maxUnavailable": ("", 1, "50%"),
    "nackIntegration": ("auto", "enabled", "disabled"),
    "extraArgs": ([], ["--workers=2", "--log-level=debug"]),
    "leaderElection.leaseName": ("", "natsop"),
}
"""Values that are not switches, whose settings change what is rendered. Every switch of values.yaml is tried anyway."""

AUTHORIZATION: Final = {"credentials": {"name": "prometheus-token", "key": "token"}}


@cache
def helm() -> Path:
    """The testbed's Helm; the test is skipped where it has not been built."""
    try:
        return parts.binaries(parts.HELM)["helm"]
    except CannotRunError as error:
        cannot_run(str(error))


def run_helm(*arguments: str, values: Values | None = None) -> subprocess.CompletedProcess[str]:
    """Helm's answer, whatever it is."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values or {}, file)
        file.flush()
        given = ["--values", file.name] if values else []
        return subprocess.run([helm(), *arguments, *given], capture_output=True, text=True, check=False)


def render(values: Values | None = None, *, chart: Path = CHART) -> list[Manifest]:
    """The objects that the chart makes of the values."""
    done = run_helm("template", RELEASE, str(chart), "--namespace", NAMESPACE, values=values)
    assert done.returncode == 0, done.stderr
    return [each for each in YAML(typ="safe").load_all(done.stdout) if each]


def refusal(values: Values) -> str:
    """Why Helm renders nothing of the values; empty when it does."""
    return run_helm("template", RELEASE, str(CHART), "--namespace", NAMESPACE, values=values).stderr


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Those of that kind."""
    return [each for each in manifests if each["kind"] == kind]


def nested(settings: Mapping[str, Any]) -> Values:
    """`{"a.b": 1}` as `{"a": {"b": 1}}`."""
    tree: Values = {}
    for name, setting in settings.items():
        *path, last = name.split(".")
        place = tree
        for key in path:
            place = place.setdefault(key, {})
        place[last] = setting
    return tree


def switches() -> list[str]:
    """The names of all values that are true or false."""
    return [each.name for each in chart_values.read(CHART / "values.yaml") if isinstance(each.default, bool)]


@cache
def matrix() -> tuple[Values, ...]:
    """Few sets of values, in which each setting of each switch and choice meets each setting of every other."""
    factors = {**dict.fromkeys(switches(), (False, True)), **CHOICES}
    return tuple(nested(_possible(row)) for row in _covering(factors))


def _possible(row: dict[str, Any]) -> dict[str, Any]:
    """Without what the chart refuses."""
    if not row["leaderElection.enabled"]:
        row = {**row, "replicaCount": 1}
    return {**row, "metrics.podMonitor.authorization": AUTHORIZATION if row["metrics.podMonitor.enabled"] else {}}


def _covering(factors: Mapping[str, tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Rows that cover all pairs of levels, found greedily."""
    chance = random.Random(0)  # noqa: S311 (not for secrets)
    sizes = {name: len(levels) for name, levels in factors.items()}
    open_pairs = {
        ((a, i), (b, j)) for a, b in combinations(sorted(sizes), 2) for i in range(sizes[a]) for j in range(sizes[b])
    }
    while open_pairs:
        rows = [_grown(min(open_pairs), sizes, open_pairs, chance) for _ in range(8)]
        best = max(rows, key=lambda row: len(_pairs(row) & open_pairs))
        open_pairs -= _pairs(best)
        yield {name: factors[name][level] for name, level in best.items()}


Pair = tuple[tuple[str, int], tuple[str, int]]


def _grown(seed: Pair, sizes: Mapping[str, int], wanted: set[Pair], chance: random.Random) -> dict[str, int]:
    """A row with that pair, to which one factor after the other is added at the level that covers the most."""
    row = dict(seed)
    others = [name for name in sizes if name not in row]
    chance.shuffle(others)
    for name in others:
        levels = sorted(range(sizes[name]), key=lambda _: chance.random())
        row[name] = max(levels, key=lambda level: _gain(row, (name, level), wanted))
    return row


def _gain(row: Mapping[str, int], new: tuple[str, int], wanted: set[Pair]) -> int:
    return sum(((old, new) if old < new else (new, old)) in wanted for old in row.items())


def _pairs(row: Mapping[str, int]) -> set[Pair]:
    return set(combinations(sorted(row.items()), 2))
