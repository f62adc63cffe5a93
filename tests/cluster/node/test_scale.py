"""Scaling on the node with JetStream on: between one server and several, streams would be destroyed."""

import pytest

from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION, CLUSTER_LABEL
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    Stream,
    condition,
    edit,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_ready,
    wait_until_routed,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace


@pytest.mark.parametrize(("replicas", "asked"), [(1, 3), (3, 1), (3, 2)])
def test_a_scale_that_would_destroy_streams_changes_nothing_and_is_forgotten_once_taken_back(
    workspace: Namespace, replicas: int, asked: int
) -> None:
    stream = Stream(start(workspace, nats_cluster(replicas=replicas, jetstream=JETSTREAM)))
    stream.add(replicas=replicas)
    messages = stream.publish(5)
    before = objects_and_pods(workspace, replicas)

    edit(workspace, replicas=asked)
    refused = workspace.wait_for_condition("NatsCluster", CLUSTER, "Degraded")

    assert condition(refused, "Degraded")["reason"] == "UnsafeScale"
    assert condition(refused, "Available")["status"] == "True"
    assert objects_and_pods(workspace, replicas) == before
    stream.wait_until_holds(messages)

    edit(workspace, replicas=replicas)
    wait_until_ready(workspace)

    assert objects_and_pods(workspace, replicas) == before


@pytest.mark.long
@pytest.mark.parametrize(("replicas", "asked"), [(1, 3), (3, 1)])
def test_the_annotation_lets_a_scale_through_that_destroys_streams(
    workspace: Namespace, replicas: int, asked: int
) -> None:
    box = start(workspace, nats_cluster(replicas=replicas, jetstream=JETSTREAM))
    stream = Stream(box)
    stream.add(replicas=replicas)
    messages = stream.publish(5)
    edit(workspace, replicas=asked)
    workspace.wait_for_condition("NatsCluster", CLUSTER, "Degraded")
    stream.wait_until_holds(messages)

    workspace.kubectl("annotate", "natscluster", CLUSTER, f"{ALLOW_DATA_LOSS_ANNOTATION}=replicas={replicas}->{asked}")
    cluster = wait_until_ready(workspace)

    assert cluster["status"]["readyReplicas"] == asked
    wait_until_routed(workspace, pods_of(asked))
    fresh = Stream(box, "FRESH")
    fresh.add(replicas=asked)
    fresh.wait_until_holds(fresh.publish(5))


def objects_and_pods(namespace: Namespace, replicas: int) -> Manifest:
    """What the cluster consists of, without what changes by itself."""
    kinds = ("ConfigMap", "Service", "StatefulSet", "PodDisruptionBudget")
    found = [each for kind in kinds for each in namespace.client.list(kind, labels=f"{CLUSTER_LABEL}={CLUSTER}")]
    specs = {each["metadata"]["uid"]: each.get("spec") or each["data"] for each in found}
    return {**specs, "pods": uids(namespace, pods_of(replicas))}
