"""Helm on a control plane, as a user runs it, and a chart that leaves behind what the Go operator's chart does."""

from __future__ import annotations

import copy
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from natsop_core.crd import custom_resource_definitions
from tests.chart import CHART, NAMESPACE, RELEASE, Values, run_helm
from tests.testbed.client import EVERYWHERE, Client, Manifest
from tests.testbed.cluster import Cluster

RELEASED_KINDS: Final = (
    "Deployment",
    "ServiceAccount",
    "Service",
    "Role",
    "RoleBinding",
    "ClusterRole",
    "ClusterRoleBinding",
    "PodDisruptionBudget",
    "NetworkPolicy",
    "ServiceMonitor",
)

SELECTOR: Final = {
    "app.kubernetes.io/name": "nats-operator",
    "app.kubernetes.io/instance": RELEASE,
    "control-plane": "controller-manager",
}


RBAC: Final = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True)
class Helm:
    """Commands on one release."""

    cluster: Cluster

    @property
    def client(self) -> Client:
        return self.cluster.client

    def install(self, chart: Path = CHART, *options: str, values: Values | None = None) -> str:
        """What Helm says."""
        return self._run("install", RELEASE, str(chart), *options, values=values)

    def upgrade(self, chart: Path = CHART, *options: str, values: Values | None = None) -> str:
        return self._run("upgrade", RELEASE, str(chart), *options, values=values)

    def uninstall(self) -> str:
        return self._run("uninstall", RELEASE, "--wait")

    def refusal(self, *arguments: str, values: Values | None = None) -> str:
        """Why Helm did not do it."""
        done = run_helm(*arguments, *self._where, values=values)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def objects(self) -> dict[tuple[str, str, str], Manifest]:
        """All that belongs to the release, but for the CustomResourceDefinitions, by kind, namespace and name."""
        return dict(self._objects())

    def _objects(self) -> Iterator[tuple[tuple[str, str, str], Manifest]]:
        for kind in RELEASED_KINDS:
            label = f"app.kubernetes.io/instance={RELEASE}"
            for each in self.client.list(kind, labels=label, namespace=EVERYWHERE):
                yield (kind, each["metadata"].get("namespace", ""), each["metadata"]["name"]), each

    def _run(self, *arguments: str, values: Values | None = None) -> str:
        done = run_helm(*arguments, *self._where, values=values)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def _where(self) -> tuple[str, ...]:
        return "--namespace", NAMESPACE, "--kubeconfig", str(self.cluster.kubeconfig)


def older_chart(folder: Path) -> Path:
    """This chart as of a release whose CRDs knew no `spec` in detail."""
    chart = folder / CHART.name
    shutil.copytree(CHART, chart)
    for file, definition in zip(sorted((chart / "files" / "crds").iterdir()), older_definitions(), strict=True):
        YAML(typ="safe").dump(definition, file)
    about = chart / "Chart.yaml"
    about.write_text(re.sub(r"^version: .*", "version: 0.0.1", about.read_text(), flags=re.MULTILINE))
    return chart


def older_definitions() -> list[Manifest]:
    """The CRDs with another schema, which takes anything."""
    older = copy.deepcopy(list(custom_resource_definitions()))
    for definition in older:
        (version,) = definition["spec"]["versions"]
        version["schema"] = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return older


def schemas(client: Client) -> dict[str, Any]:
    """Of the CRDs as the API server has them."""
    found = (client.get("CustomResourceDefinition", each["metadata"]["name"]) for each in custom_resource_definitions())
    return {each["metadata"]["name"]: each["spec"]["versions"][0]["schema"] for each in found}


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
    container = {
        "name": "manager",
        "image": "ghcr.io/crewlet/nats-operator:v0.1.0",
        "command": ["/manager"],
        "args": ["--leader-elect", "--health-probe-bind-address=:8081", "--metrics-bind-address=:8443"],
        "ports": [{"name": "health", "containerPort": 8081}, {"name": "metrics", "containerPort": 8443}],
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8081}},
    }
    pod = {"serviceAccountName": account["name"], "terminationGracePeriodSeconds": 10, "containers": [container]}
    template = {"metadata": {"labels": selector}, "spec": pod}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}
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


def _object(api_version: str, kind: str, metadata: Manifest, spec: Manifest | None = None) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **({"spec": spec} if spec else {})}
