"""A chart that leaves behind what the Go operator's chart does."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

from tests.chart import CHART, NAMESPACE, RELEASE
from tests.cluster.chart.helm_releases import older_definitions
from tests.testbed.client import Manifest

RBAC: Final = "rbac.authorization.k8s.io/v1"

SELECTOR: Final = {
    "app.kubernetes.io/name": "nats-operator",
    "app.kubernetes.io/instance": RELEASE,
    "control-plane": "controller-manager",
}


def go_chart(folder: Path, objects: list[Manifest]) -> Path:
    """A chart that installs these objects, and the CRDs from the folder where Helm never upgrades them."""
    chart = folder / "go" / CHART.name
    for name in ("templates", "crds"):
        (chart / name).mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: nats-operator\nversion: 0.1.1\nappVersion: v0.1.0\n")
    yaml = YAML(typ="safe")
    yaml.dump_all(older_definitions(), chart / "crds" / "crds.yaml")
    yaml.dump_all(objects, chart / "templates" / "all.yaml")
    return chart


def go_objects(*, prefix: str = RELEASE, name: str = RELEASE, namespace: str = NAMESPACE) -> list[Manifest]:
    """What a release of the Go operator's chart consists of: the kinds, names and selectors that an upgrade meets."""
    selector = {**SELECTOR, "app.kubernetes.io/name": name}

    def metadata(suffix: str, *, namespaced: bool = True) -> Manifest:
        place = {"namespace": namespace} if namespaced else {}
        return {"name": f"{prefix}{suffix}", "labels": selector, **place}

    account = {"kind": "ServiceAccount", "name": f"{prefix}-controller-manager", "namespace": namespace}
    template = {"metadata": {"labels": selector}, "spec": _pod(account["name"])}
    objects = [
        _object("v1", "ServiceAccount", metadata("-controller-manager")),
        _object("v1", "Service", metadata("-metrics"), {"selector": selector, "ports": [{"port": 8443}]}),
        _object(
            "apps/v1",
            "Deployment",
            metadata("-controller-manager"),
            {"replicas": 1, "selector": {"matchLabels": selector}, "template": template},
        ),
        _object(
            "policy/v1", "PodDisruptionBudget", metadata(""), {"minAvailable": 1, "selector": {"matchLabels": selector}}
        ),
        _object("networking.k8s.io/v1", "NetworkPolicy", metadata(""), {"podSelector": {}, "egress": [{}]}),
    ]
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}
    for kind, role in (("ClusterRole", "manager"), ("ClusterRole", "metrics-auth"), ("Role", "leader-election")):
        namespaced = kind == "Role"
        objects += [
            {**_object(RBAC, kind, metadata(f"-{role}-role", namespaced=namespaced)), "rules": [rule]},
            {
                **_object(RBAC, f"{kind}Binding", metadata(f"-{role}-rolebinding", namespaced=namespaced)),
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": f"{prefix}-{role}-role"},
                "subjects": [account],
            },
        ]
    return objects


def _pod(account: str) -> Manifest:
    container = {
        "name": "manager",
        "image": "ghcr.io/crewlet/nats-operator:v0.1.0",
        "command": ["/manager"],
        "args": ["--leader-elect", "--health-probe-bind-address=:8081", "--metrics-bind-address=:8443"],
        "ports": [{"name": "health", "containerPort": 8081}, {"name": "metrics", "containerPort": 8443}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8081}},
    }
    return {"serviceAccountName": account, "terminationGracePeriodSeconds": 10, "containers": [container]}


def _object(api_version: str, kind: str, metadata: Manifest, spec: Manifest | None = None) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}
