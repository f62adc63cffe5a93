"""Helm on a control plane, as a user runs it, and an older release of the chart."""

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
from tests.chart import CHART, NAMESPACE, RELEASE, WATCHED, Values, run_helm
from tests.testbed.client import EVERYWHERE, Client, Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.wait import wait_until

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

DEFINITIONS: Final = tuple(each["metadata"]["name"] for each in custom_resource_definitions())

CLUSTER: Final[Manifest] = {
    "apiVersion": "nats.crewlet.cloud/v1alpha1",
    "kind": "NatsCluster",
    "metadata": {"name": "my-nats"},
    "spec": {"replicas": 3},
}


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

    def rollback(self, revision: int) -> str:
        return self._run("rollback", RELEASE, str(revision))

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

    def pod(self) -> Manifest:
        """The pod's spec in the release's Deployment."""
        (deployment,) = (each for (kind, _, _), each in self.objects().items() if kind == "Deployment")
        spec: Manifest = deployment["spec"]["template"]["spec"]
        return spec

    def definitions(self) -> list[str]:
        """The names of our CRDs that there are."""
        found = {each["metadata"]["name"] for each in self.client.list("CustomResourceDefinition")}
        return sorted(found & set(DEFINITIONS))

    def schemas(self) -> dict[str, Any]:
        """Of our CRDs, as the API server has them."""
        found = (self.client.get("CustomResourceDefinition", name) for name in DEFINITIONS)
        return {each["metadata"]["name"]: each["spec"]["versions"][0]["schema"] for each in found}

    def remove_definitions(self) -> None:
        """Delete our CRDs. Not for every test: after some rounds, the API server takes minutes for that."""
        for name in DEFINITIONS:
            self.client.delete("CustomResourceDefinition", name, missing_ok=True)
        wait_until(lambda: not self.definitions(), timeout=240, what="no CRDs of ours")

    def leave_foreign_definitions(self) -> None:
        """CRDs that no release has installed, with an older schema."""
        for definition in older_definitions():
            self.client.apply(definition)
            name = definition["metadata"]["name"]
            self.client.patch(definition["kind"], name, {"metadata": {"labels": None, "annotations": None}})

    def create_cluster(self, namespace: str = WATCHED[0]) -> Manifest:
        """A NatsCluster, as soon as the API server takes one."""
        client = Client(self.cluster.kubeconfig)  # one that has not seen any earlier CRDs
        return wait_until(lambda: client.create(CLUSTER, namespace=namespace), what="NatsClusters are served")

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
