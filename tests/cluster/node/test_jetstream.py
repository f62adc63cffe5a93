"""JetStream on the node: what a stream holds outlives its servers' pods."""

from datetime import datetime
from itertools import pairwise

import pytest

from tests.cluster.node.nats import (
    JETSTREAM,
    READY_WITHIN,
    Stream,
    edit,
    monitor,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace


@pytest.mark.long
def test_a_stream_of_three_replicas_keeps_its_messages_when_a_pod_is_replaced(workspace: Namespace) -> None:
    stream = Stream(start(workspace, nats_cluster(replicas=3, jetstream=JETSTREAM)))
    stream.add(replicas=3)
    messages = stream.publish(5)
    stream.wait_until_current(replicas=3)
    stream.wait_until_holds(messages)
    victim = pods_of(3)[1]
    before = uids(workspace, [victim])

    workspace.client.delete("Pod", victim)
    workspace.wait_until(lambda: uids(workspace, [victim]) != before, READY_WITHIN, f"{victim} is replaced")
    workspace.wait_for_condition("Pod", victim, "Ready", timeout=READY_WITHIN)
    wait_until_ready(workspace)

    stream.wait_until_current(replicas=3)
    stream.wait_until_holds(messages)


@pytest.mark.long
def test_an_edit_that_needs_a_restart_replaces_the_pods_one_after_the_other_and_keeps_the_stream(
    workspace: Namespace,
) -> None:
    stream = Stream(start(workspace, nats_cluster(replicas=3, jetstream=JETSTREAM)))
    stream.add(replicas=3)
    messages = stream.publish(5)
    before = uids(workspace, pods_of(3))

    edit(workspace, config={"jetstream": {"memoryStore": {"enabled": True, "maxSize": "16Mi"}}})
    wait_until_ready(workspace)

    assert not set(before) & set(uids(workspace, pods_of(3))), "a pod was not replaced"
    pods = sorted((workspace.client.get("Pod", pod) for pod in pods_of(3)), key=created)
    for earlier, later in pairwise(pods):
        assert ready_since(earlier) <= created(later), "a pod was taken down before the one before it was back"
    for pod in pods_of(3):
        assert monitor(workspace, pod, "/varz")["jetstream"]["config"]["max_memory"] == 16 * 2**20
    stream.wait_until_current(replicas=3)
    stream.wait_until_holds(messages)


def created(pod: Manifest) -> datetime:
    return datetime.fromisoformat(pod["metadata"]["creationTimestamp"])


def ready_since(pod: Manifest) -> datetime:
    ready = next(each for each in pod["status"]["conditions"] if each["type"] == "Ready")
    return datetime.fromisoformat(ready["lastTransitionTime"])
