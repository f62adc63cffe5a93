"""A cluster whose custom resource is made anew: its objects are taken back, and the servers never stop."""

from __future__ import annotations

from typing import Final

import pytest

from natsop_core import names
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    Stream,
    condition,
    nats_cluster,
    pods_of,
    restarts,
    start,
    uids,
    wait_until_ready,
)
from tests.cluster.restore import as_restored
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

REPLICAS: Final = 3
PODS: Final = tuple(pods_of(REPLICAS))
TRIO: Final = nats_cluster(replicas=REPLICAS, jetstream=JETSTREAM)
KINDS: Final = ("Secret", "ConfigMap", "Service", "PodDisruptionBudget", "StatefulSet")
OF_THE_CLUSTER: Final = f"{names.CLUSTER_LABEL}={CLUSTER}"


@pytest.mark.long
def test_a_cluster_that_was_orphaned_and_then_restored_from_a_backup_is_taken_back_both_times(
    workspace: Namespace,
) -> None:
    stream = Stream(start(workspace, TRIO))
    stream.add(replicas=REPLICAS)
    messages = stream.publish(5)
    running = uids(workspace, PODS)

    orphan(workspace)
    left = children(workspace)
    workspace.client.create(TRIO)
    await_adopted(workspace, left)

    assert uids(workspace, PODS) == running
    assert restarts(workspace, PODS) == 0
    stream.wait_until_holds(messages)

    orphan(workspace)
    restored = restore(workspace, children(workspace))
    workspace.client.create(TRIO)
    await_adopted(workspace, restored)

    stream.wait_until_current(replicas=REPLICAS)
    stream.wait_until_holds(messages)


def orphan(namespace: Namespace) -> None:
    namespace.kubectl("delete", "natscluster", CLUSTER, "--cascade=orphan")
    for child in children(namespace):
        assert "ownerReferences" not in child["metadata"], child["metadata"]


def children(namespace: Namespace) -> list[Manifest]:
    listed = [(kind, each) for kind in KINDS for each in namespace.client.list(kind, labels=OF_THE_CLUSTER)]
    return [namespace.client.get(kind, each["metadata"]["name"]) for kind, each in listed]


def restore(namespace: Namespace, manifests: list[Manifest]) -> list[Manifest]:
    """Delete the objects, pods too, and make them anew; claims stay, as snapshots would bring them back."""
    for each in manifests:
        namespace.client.delete(each["kind"], each["metadata"]["name"], propagationPolicy="Foreground")
    namespace.wait_until(lambda: not children(namespace), READY_WITHIN, "the cluster's objects are gone")
    return [namespace.client.create(as_restored(each)) for each in manifests]


def await_adopted(namespace: Namespace, before: list[Manifest]) -> None:
    """Wait until the cluster is Ready and controls these very objects."""
    owner = wait_until_ready(namespace)["metadata"]["uid"]
    now = {each["metadata"]["uid"]: each for each in children(namespace)}
    assert now.keys() >= {each["metadata"]["uid"] for each in before}, sorted(now)
    for each in now.values():
        assert [reference["uid"] for reference in each["metadata"]["ownerReferences"]] == [owner], each["metadata"]
    assert condition(namespace.client.get("NatsCluster", CLUSTER), "Degraded")["status"] == "False"
