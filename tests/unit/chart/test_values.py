"""The chart's values: each has an effect, the Go chart's are all understood, and a misspelt one is refused."""

from __future__ import annotations

import copy
import json
import re
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.chart import AUTHORIZATION, CHART, Values, nested, refusal, render, run_helm
from tests.generate import chart_values
from tests.unit.chart.go_values import GO_VALUES

VALUES: Final = {each.name: each for each in chart_values.read(CHART / "values.yaml")}
SCHEMA: Final = json.loads((CHART / "values.schema.json").read_text())

PEER: Final = [{"ipBlock": {"cidr": "10.0.0.0/8"}}]
RELABELING: Final = [{"action": "labeldrop", "regex": "pod"}]

OTHER: Final[dict[str, Any]] = {
    "replicaCount": 3,
    "image.pullPolicy": "Always",
    "image.digest": f"sha256:{'0' * 64}",
    "imagePullSecrets": [{"name": "registry"}],
    "watchNamespaces": ["orders"],
    "resources": {"limits": {"memory": "1Gi"}},
    "livenessProbe": {"periodSeconds": 7},
    "readinessProbe": {"periodSeconds": 7},
    "podSecurityContext": {"fsGroup": 1},
    "securityContext": {"runAsUser": 1},
    "volumes": [{"name": "more", "emptyDir": {}}],
    "volumeMounts": [{"name": "more", "mountPath": "/more"}],
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [],
    "terminationGracePeriodSeconds": 60,
    "healthProbeBindAddress": ":9081",
    "logLevel": "debug",
    "logFormat": "text",
    "metrics.bindAddress": ":9443",
    "metrics.port": 443,
    "metrics.service.type": "NodePort",
    "metrics.certificate.certManager.issuerRef": {"name": "ours"},
    "metrics.serviceMonitor.authorization": AUTHORIZATION,
    "metrics.serviceMonitor.relabelings": RELABELING,
    "metrics.serviceMonitor.metricRelabelings": RELABELING,
    "metrics.podMonitor.authorization": {"credentials": {"name": "other", "key": "token"}},
    "metrics.podMonitor.relabelings": RELABELING,
    "metrics.podMonitor.metricRelabelings": RELABELING,
    "nackIntegration": "disabled",
    "extraArgs": ["--workers=2"],
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy"}],
    "podDisruptionBudget.minAvailable": 2,
    "podDisruptionBudget.maxUnavailable": 1,
    "networkPolicy.metricsFrom": PEER,
    "networkPolicy.probesFrom": PEER,
    "networkPolicy.apiServerTo": PEER,
    "networkPolicy.apiServerPorts": [16443],
    "networkPolicy.natsPorts": [5222],
    "networkPolicy.extraIngress": [{"from": PEER}],
    "networkPolicy.extraEgress": [{"to": PEER}],
}
"""Settings other than the default, where not any text, number or map will do."""

OF_TYPE: Final[dict[type, Any]] = {str: "other", dict: {"other": "yes"}}

FOR_PODS: Final = {"replicaCount": 2}
CERTIFICATE: Final = {"metrics.certificate.certManager.enabled": True}
POD_MONITOR: Final = {"metrics.podMonitor.enabled": True, "metrics.podMonitor.authorization": AUTHORIZATION}

NEEDS: Final[dict[str, Values]] = {
    "crds.": {"crds.install": True},
    "metrics.certificate.": CERTIFICATE,
    "metrics.serviceMonitor.": {"metrics.serviceMonitor.enabled": True},
    "metrics.podMonitor.": POD_MONITOR,
    "metrics.prometheusRule.": {"metrics.prometheusRule.enabled": True},
    "metrics.dashboards.": {"metrics.dashboards.enabled": True},
    "networkPolicy.": {"networkPolicy.enabled": True},
    "podDisruptionBudget.": {"podDisruptionBudget.enabled": True, **FOR_PODS},
}
"""What has to be on for a value to matter, by the beginning of its name."""


def setting(name: str) -> Any:
    """One that is not the default."""
    default = VALUES[name].default
    if isinstance(default, bool):
        return not default
    return OTHER[name] if name in OTHER else OF_TYPE[type(default)]


def test_helm_has_nothing_to_object() -> None:
    done = run_helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def full_chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The chart with one alert and one dashboard, however many it has by itself."""
    chart = tmp_path_factory.mktemp("charts") / CHART.name
    shutil.copytree(CHART, chart)
    for folder, file in (("alerts", "one.yaml"), ("dashboards", "one.json")):
        shutil.rmtree(chart / "files" / folder, ignore_errors=True)
        (chart / "files" / folder).mkdir()
        (chart / "files" / folder / file).write_text('{"alert": "One", "expr": "vector(1)"}')
    return chart


@pytest.mark.parametrize("name", VALUES)
def test_every_value_has_an_effect(name: str, full_chart: Path) -> None:
    needed = {"crds.install": False}
    for beginning, needs in NEEDS.items():
        needed |= needs if name.startswith(beginning) else {}
    other = setting(name)
    if needed.get(name) == other:
        del needed[name]
    before = render(nested({name: VALUES[name].default, **needed}), chart=full_chart)
    after = render(nested({**needed, name: other}), chart=full_chart)
    assert after != before


@pytest.mark.parametrize("name", GO_VALUES)
def test_a_value_of_the_go_chart_is_understood(name: str) -> None:
    """Each by itself, as its users have it in their files."""
    assert refusal(nested({name: GO_VALUES[name]})) == ""
    parts = name.split(".")
    known = {".".join(parts[:end]) for end in range(1, len(parts) + 1)} & VALUES.keys()
    assert known, f"{name} is no value of this chart"


def maps(tree: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The paths of all maps whose keys are fixed."""
    found = [path] if tree.get("additionalProperties") is False else []
    for key, below in tree.get("properties", {}).items():
        found += maps(below, (*path, key))
    return found


@pytest.mark.parametrize("path", maps(SCHEMA), ids=".".join)
def test_a_misspelt_value_is_refused(path: tuple[str, ...]) -> None:
    assert "misspelt" in refusal(nested({".".join((*path, "misspelt")): True}))


def test_only_maps_that_users_fill_take_any_key() -> None:
    fixed = maps(SCHEMA)
    parents = {value.path[:end] for value in VALUES.values() for end in range(len(value.path))}
    assert parents <= set(fixed)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("replicaCount", "2"),
        ("image.tag", 1.2),
        ("image.digest", "latest"),
        ("nackIntegration", "yes"),
        ("metrics.bindAddress", "8443"),
        ("healthProbeBindAddress", "8081"),
        ("watchNamespaces", ["Orders"]),
        ("watchNamespaces", "orders"),
        ("commonLabels", {"a": 1}),
        ("imagePullSecrets", ["registry"]),
        ("logLevel", "trace"),
        ("logFormat", "xml"),
        ("leaderElection.enabled", "false"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(name: str, wrong: Any) -> None:
    assert f"/{name.replace('.', '/')}" in refusal(nested({name: wrong})).replace("'", "")


def test_what_would_not_work_is_refused_with_the_reason() -> None:
    assert "against each other" in refusal(nested({"replicaCount": 2, "leaderElection.enabled": False}))
    assert "metrics.podMonitor.authorization" in refusal(nested({"metrics.podMonitor.enabled": True}))
    assert refusal(nested({"metrics.podMonitor.enabled": True, "metrics.secure": False})) == ""


def test_the_readme_shows_values_that_the_chart_takes() -> None:
    snippets = re.findall(r"^```yaml\n(.*?)^```$", (CHART / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert snippets
    for snippet in snippets:
        assert refusal(YAML(typ="safe").load(snippet)) == ""


def test_another_chart_can_depend_on_this_one() -> None:
    assert refusal({"global": {"imageRegistry": "mirror.example"}, "enabled": True}) == ""


def test_a_probe_can_be_removed_or_replaced() -> None:
    values: Values = {"livenessProbe": None, "readinessProbe": {"httpGet": None, "tcpSocket": {"port": "health"}}}
    (container,) = next(each for each in render(copy.deepcopy(values)) if each["kind"] == "Deployment")["spec"][
        "template"
    ]["spec"]["containers"]
    assert "livenessProbe" not in container
    assert container["readinessProbe"]["tcpSocket"] == {"port": "health"}
    assert "httpGet" not in container["readinessProbe"]
