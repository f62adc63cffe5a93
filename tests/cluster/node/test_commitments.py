"""What servers with streams bind us to, on the node: deletion and re-creation make the operator forget nothing."""

from __future__ import annotations

from typing import Any, Final

import pytest

from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from tests.cluster.node.footprint import footprint
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    condition,
    edit,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_ready,
    wait_until_routed,
)
from tests.cluster.node.streams import Streams, wait_until_meta_group_has
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

SERVERS: Final = f"app.kubernetes.io/name=nats,app.kubernetes.io/instance={CLUSTER}"
"""Labels of the servers' pods."""

UNFIT: Final = "true", "replicas={asked}->{servers}", "replicas={servers}->7", "serverNamePrefix={servers}->{asked}"
"""Values of the annotation that name another change, or none."""


@pytest.mark.long
@pytest.mark.parametrize(("servers", "asked"), [(5, 3), (3, 1), (1, 3)])
def test_a_scale_that_destroys_streams_is_refused_whatever_was_made_anew_until_the_annotation_names_it(
    workspace: Namespace, servers: int, asked: int
) -> None:
    streams = started(workspace, servers)
    before = footprint(workspace, servers)

    edit(workspace, replicas=asked)
    await_refused(workspace)
    assert footprint(workspace, servers) == before
    await_intact(workspace, servers, streams)

    without_stateful_set(workspace)
    await_refused(workspace)
    assert uids(workspace, pods_of(servers)) == before["pods"]
    await_intact(workspace, servers, streams)

    with_nothing_but_claims(workspace)
    workspace.client.create(nats_cluster(replicas=asked, jetstream=JETSTREAM, **other_names(servers)))
    await_serving(workspace, servers)
    await_intact(workspace, servers, streams)

    before = footprint(workspace, servers)
    workspace.kubectl("delete", "natscluster", CLUSTER, "--cascade=orphan")
    workspace.client.create(nats_cluster(replicas=asked, jetstream=JETSTREAM, **other_names(servers)))
    await_refused(workspace)
    assert footprint(workspace, servers) == before
    await_intact(workspace, servers, streams)

    for attempt, value in enumerate(UNFIT):
        annotate(workspace, value.format(servers=servers, asked=asked), attempt=attempt)
        await_refused(workspace)
        assert footprint(workspace, servers) == before
    await_intact(workspace, servers, streams)

    edit(workspace, config={"serverNamePrefix": None})
    annotate(workspace, f"replicas={servers}->{asked}", attempt=len(UNFIT))
    wait_until_ready(workspace)
    assert len(workspace.client.list("Pod", labels=SERVERS)) == asked


def started(namespace: Namespace, servers: int) -> Streams:
    """A cluster of so many servers with a box, and streams on each of them; five become of three."""
    first = min(servers, 3)
    streams = Streams(start(namespace, nats_cluster(replicas=first, jetstream=JETSTREAM)))
    wait_until_meta_group_has(namespace, first)
    streams.spread_over(first)
    if first < servers:
        edit(namespace, replicas=servers)
        wait_until_ready(namespace)
        wait_until_routed(namespace, pods_of(servers))
        await_intact(namespace, servers, streams)
        streams.spread_over(servers)
    return streams


def await_refused(namespace: Namespace) -> Manifest:
    """Wait until the operator has refused what the cluster asks for by now."""

    def refused() -> Manifest:
        cluster = namespace.client.get("NatsCluster", CLUSTER)
        found = condition(cluster, "Degraded")
        assert (found["status"], found["reason"]) == ("True", "UnsafeScale"), cluster["status"]
        assert found["observedGeneration"] == cluster["metadata"]["generation"], cluster["status"]
        assert condition(cluster, "Available")["status"] == "True", cluster["status"]
        return cluster

    return namespace.wait_until(refused, READY_WITHIN, "the scale is refused")


def await_serving(namespace: Namespace, servers: int) -> None:
    """Wait until so many servers are ready, more or less than were asked for."""

    def serving() -> bool:
        status = await_refused(namespace)["status"]
        assert status["readyReplicas"] == servers, status
        return True

    namespace.wait_until(serving, READY_WITHIN, f"{servers} servers are ready")


def await_intact(namespace: Namespace, servers: int, streams: Streams) -> None:
    wait_until_meta_group_has(namespace, servers)
    streams.wait_until_whole()


def without_stateful_set(namespace: Namespace) -> None:
    """Delete the StatefulSet alone, and wait until there is another one."""
    before = namespace.client.get("StatefulSet", CLUSTER)["metadata"]["uid"]
    namespace.kubectl("delete", "statefulset", CLUSTER, "--cascade=orphan")

    def made_anew() -> bool:
        return bool(namespace.client.get("StatefulSet", CLUSTER)["metadata"]["uid"] != before)

    namespace.wait_until(made_anew, READY_WITHIN, "the StatefulSet is made anew")


def with_nothing_but_claims(namespace: Namespace) -> None:
    """Delete the cluster, and wait until its servers are gone."""
    namespace.kubectl("delete", "natscluster", CLUSTER)
    namespace.wait_until(lambda: not namespace.client.list("Pod", labels=SERVERS), READY_WITHIN, "no pod is left")


def other_names(servers: int) -> dict[str, Any]:
    """Only of several servers would another prefix destroy streams."""
    return {"serverNamePrefix": "other-"} if servers > 1 else {}


def annotate(namespace: Namespace, value: str, *, attempt: int) -> None:
    """Set the annotation, and with it something that makes the operator tell that it has seen it."""
    change = {
        "metadata": {"annotations": {ALLOW_DATA_LOSS_ANNOTATION: value}},
        "spec": {"headlessService": {"annotations": {"natsop.test/attempt": str(attempt)}}},
    }
    namespace.client.patch("NatsCluster", CLUSTER, change)
