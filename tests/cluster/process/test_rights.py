"""Each right of the ClusterRole is needed: the operator makes, looks at, puts back and deletes objects of every kind.

With these tests no right can go unused because some other test does not come to use it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from natsop_core import names
from natsop_core.kinds import CLUSTERS, CREATED, NACK_ACCOUNTS, NACK_STREAMS, OPTIONAL, ApiResource
from natsop_core.outcomes import Outcome, Unchanged
from natsop_core.plan import Plan
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.kubeconfig import load_config
from natsop_runtime.cache.informers import Informers
from natsop_runtime.executor import Executor
from tests.cluster.integrations import install_integrations
from tests.cluster.process.everything import EVERYTHING
from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site, unauthorized
from tests.example_objects import jwt_secrets
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import USER, Operator, install_crds, install_service_account
from tests.testbed.wait import wait_until

PART_OF: Final = "app.kubernetes.io/part-of"

CHILDREN: Final = {
    "ConfigMap": "c-config",
    "Secret": "c-auth",
    "Service": "c-headless",
    "StatefulSet": "c",
    "Deployment": "b",
    "PodDisruptionBudget": "c-pdb",
    "ServiceAccount": "c-sa",
    "Ingress": "c-ws-ingress",
    "PodMonitor": "c-podmonitor",
    "Account": "c-orders",
}

every_kind = pytest.mark.parametrize("resource", (*CREATED, *OPTIONAL), ids=lambda resource: resource.plural)


@dataclass(frozen=True)
class Scene:
    """A site with a child of every kind, and the operator's kubeconfig."""

    site: Site
    kubeconfig: Path

    def child(self, resource: ApiResource) -> Manifest:
        return self.site.client.get(qualified(resource), CHILDREN[resource.kind])

    def answers(self, resource: ApiResource, name: str, *, since: int) -> list[tuple[str, int]]:
        """What the operator asked for about that object, and the status of each answer."""
        seen = self.site.cluster.audit.entries(user=USER, namespace=self.site.name, since=since)
        return [(each.verb, each.code) for each in seen if (each.resource, each.name) == (resource.plural, name)]

    def await_answers(self, expected: list[tuple[str, int]], resource: ApiResource, name: str, *, since: int) -> None:
        """Wait until these are all: an answer may be here before the audit log has it."""

        def told() -> bool:
            seen = self.answers(resource, name, since=since)
            assert seen == expected, seen
            return True

        wait_until(told, what="the audit log has the answers")


@pytest.fixture(scope="module")
def scene(control_plane: ControlPlane) -> Iterator[Scene]:
    """Where NACK and the Prometheus operator are installed before ours starts."""
    cluster = control_plane.cluster
    install_integrations(cluster.client)
    install_crds(cluster)
    kubeconfig = install_service_account(cluster)
    operator = Operator(cluster, kubeconfig)
    operator.start()
    operator.await_ready()
    try:
        site = new_site(operator, "rights")
        for manifest in jwt_secrets():
            site.client.create(manifest)
        site.create(nats_cluster("c", EVERYTHING), nats_box("b", "c"))
        site.await_condition("NatsCluster", "c", "Degraded", "False")
        site.await_quiet()
        yield Scene(site, kubeconfig)
        assert not unauthorized(cluster)
    finally:
        operator.stop()


@every_kind
def test_it_makes_objects_of_the_kind(scene: Scene, resource: ApiResource) -> None:
    child = scene.child(resource)

    assert child["metadata"]["ownerReferences"][0]["name"] in {"b", "c"}
    assert ("patch", 201) in scene.answers(resource, child["metadata"]["name"], since=0)


@every_kind
def test_it_sees_that_one_was_changed_and_puts_it_back(scene: Scene, resource: ApiResource) -> None:
    name = CHILDREN[resource.kind]
    mark = scene.site.mark()

    scene.site.client.patch(qualified(resource), name, {"metadata": {"labels": {PART_OF: "mine"}}})

    wait_until(lambda: ("patch", 200) in scene.answers(resource, name, since=mark), SOON, f"{name} is put back")
    assert scene.child(resource)["metadata"]["labels"][PART_OF] == "nats"


@every_kind
def test_it_looks_at_one_that_it_did_not_expect(scene: Scene, resource: ApiResource) -> None:
    child, mark = scene.child(resource), scene.site.mark()

    outcome = apply_knowing_nothing(scene.kubeconfig, said_of(child))

    assert outcome == Unchanged()
    scene.await_answers([("patch", 409), ("get", 200)], resource, child["metadata"]["name"], since=mark)


@every_kind
def test_it_deletes_one_that_is_controlled_and_not_wanted(scene: Scene, resource: ApiResource) -> None:
    mark = scene.site.mark()

    scene.site.client.create(like(scene.child(resource), "unwanted"))

    scene.site.await_gone(qualified(resource), "unwanted")
    wait_until(lambda: ("delete", 200) in scene.answers(resource, "unwanted", since=mark), SOON, "it was deleted by us")


def test_it_holds_a_cluster_that_is_deleted_until_nothing_uses_its_accounts(scene: Scene) -> None:
    site = scene.site
    site.create(nats_cluster("d", EVERYTHING))
    stream = {
        "apiVersion": NACK_STREAMS.api_version,
        "kind": "Stream",
        "metadata": {"name": "orders"},
        "spec": {"name": "ORDERS", "account": "d-orders", "subjects": ["orders.*"]},
    }
    site.client.create(stream)
    assert names.ACCOUNTS_FINALIZER in site.client.get("NatsCluster", "d")["metadata"]["finalizers"]

    site.client.delete("NatsCluster", "d", propagationPolicy="Background")
    blocked = site.await_condition("NatsCluster", "d", "DeletionBlocked", "True", reason="AccountsInUse")

    assert "Stream orders" in blocked["message"]
    assert "deletionTimestamp" not in site.client.get(qualified(NACK_ACCOUNTS), "d-orders")["metadata"]
    site.client.delete(qualified(NACK_STREAMS), "orders")
    for kind, name in ((qualified(NACK_ACCOUNTS), "d-orders"), ("NatsCluster", "d"), ("StatefulSet", "d")):
        site.await_gone(kind, name)


def qualified(resource: ApiResource) -> str:
    """The kind as the client takes it: NACK's Account could be anybody's."""
    return f"{resource.kind}.{resource.group}" if resource.group else resource.kind


def said_of(child: Manifest) -> Manifest:
    """As much of what was applied as tells that it was applied."""
    kept = {key: child["metadata"][key] for key in ("name", "namespace", "ownerReferences")}
    applied = child["metadata"]["annotations"][names.APPLIED_ANNOTATION]
    metadata = {**kept, "annotations": {names.APPLIED_ANNOTATION: applied}}
    return {"apiVersion": child["apiVersion"], "kind": child["kind"], "metadata": metadata}


def like(child: Manifest, name: str) -> Manifest:
    """Another object of the kind, controlled by the same custom resource."""
    copied = {key: value for key, value in child.items() if key not in {"metadata", "status"}}
    for assigned in ("clusterIP", "clusterIPs"):
        copied.get("spec", {}).pop(assigned, None)
    return {**copied, "metadata": {"name": name, "ownerReferences": child["metadata"]["ownerReferences"]}}


def apply_knowing_nothing(kubeconfig: Path, manifest: Manifest) -> Outcome:
    """As an operator does whose watch has not told of the object yet."""

    async def run() -> Outcome:
        async with connected(load_config(str(kubeconfig), None)) as kube:
            stores = Informers(kube, (), lambda _change, _concerned, _labels: None)
            owner = CLUSTERS.key("default", "c")
            executor = Executor(kube, stores, None)  # type: ignore[arg-type]
            [outcome] = (await executor.execute(owner, Plan(apply=(manifest,)), set())).values()
            return outcome

    return asyncio.run(run())
