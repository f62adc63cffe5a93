"""Deletion on the node: what goes with a cluster, what stays, and what a cluster of the same name finds."""

import pytest

from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    Stream,
    condition,
    everything_of,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_ready,
)
from tests.testbed.namespace import Namespace

FINALIZER = "natsop.test/hold"


@pytest.mark.long
def test_deleting_a_cluster_removes_everything_but_its_claims(workspace: Namespace) -> None:
    workspace.client.create(nats_cluster(replicas=3, jetstream=JETSTREAM))
    wait_until_ready(workspace)
    kinds = {name.partition("/")[0] for name in everything_of(workspace, CLUSTER)}
    assert {"configmap", "service", "statefulset.apps", "poddisruptionbudget.policy", "pod"} <= kinds

    workspace.kubectl("delete", "natscluster", CLUSTER)

    claims = {f"persistentvolumeclaim/jetstream-{pod}" for pod in pods_of(3)}

    def only_claims_are_left() -> bool:
        left = everything_of(workspace, CLUSTER)
        assert left == claims, sorted(left)
        return True

    workspace.wait_until(only_claims_are_left, READY_WITHIN)


@pytest.mark.long
def test_a_cluster_created_anew_at_once_waits_for_the_old_ones_objects_and_serves_its_data(
    workspace: Namespace,
) -> None:
    cluster = nats_cluster(replicas=3, jetstream=JETSTREAM)
    stream = Stream(start(workspace, cluster))
    stream.add(replicas=3)
    messages = stream.publish(5)
    old = uids(workspace, pods_of(3))
    config_map = f"{CLUSTER}-config"
    workspace.client.patch("ConfigMap", config_map, {"metadata": {"finalizers": [FINALIZER]}})

    workspace.client.delete("NatsCluster", CLUSTER, propagationPolicy="Background")
    created = workspace.client.create(cluster)
    reason = workspace.wait_until(lambda: what_it_waits_for(workspace, config_map), READY_WITHIN, "the cluster waits")
    workspace.client.patch("ConfigMap", config_map, {"metadata": {"finalizers": None}})
    wait_until_ready(workspace)

    assert reason == "WaitingForCollection"
    owners = workspace.client.get("ConfigMap", config_map)["metadata"]["ownerReferences"]
    assert [owner["uid"] for owner in owners] == [created["metadata"]["uid"]]
    assert not set(old) & set(uids(workspace, pods_of(3))), "a pod of the old cluster serves the new one"
    stream.wait_until_current(replicas=3)
    stream.wait_until_holds(messages)


def what_it_waits_for(namespace: Namespace, name: str) -> str:
    """The reason of Progressing, once its message names that object."""
    progressing = condition(namespace.client.get("NatsCluster", CLUSTER), "Progressing")
    assert name in progressing["message"], progressing
    return str(progressing["reason"])
