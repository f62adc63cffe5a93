"""Which pod is deleted so that the corrected one can be made, and which never is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from natsop_core.stuck_pods import delays_until_stuck, pod_to_replace
from tests.unit.natsop_core.world import NOW, Object

LONG_AGO = "2026-01-02T03:00:00Z"
JUST_NOW = "2026-01-02T03:04:00Z"
NO_IMAGE = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
OWNER: Object = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "c", "uid": "uid-of-c", "controller": True}
RUNNING: Object = {"running": {}}


def stateful_set(policy: str = "OrderedReady", *, observed: int = 2) -> Object:
    return {
        "metadata": {"generation": 2, "uid": "uid-of-c"},
        "spec": {"podManagementPolicy": policy},
        "status": {"observedGeneration": observed, "updateRevision": "new"},
    }


def pod(ordinal: int, revision: str, *, ready: bool = False, state: Object = RUNNING, since: str = LONG_AGO) -> Object:
    conditions = [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": since}]
    return {
        "metadata": {
            "name": f"c-{ordinal}",
            "namespace": "prod",
            "labels": {"controller-revision-hash": revision},
            "ownerReferences": [OWNER],
        },
        "spec": {"containers": [{"name": "nats", "image": "nats:bad"}]},
        "status": {
            "phase": "Running",
            "conditions": conditions,
            "containerStatuses": [{"name": "nats", "ready": ready, "state": state}],
        },
    }


GOOD = [pod(0, "old", ready=True), pod(1, "old", ready=True)]


def replaced(pods: Sequence[Object], policy: str = "OrderedReady", **of: Any) -> str | None:
    found = pod_to_replace(stateful_set(policy, **of), pods, NOW)
    return found["metadata"]["name"] if found else None


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_a_pod_of_an_older_revision_without_its_image_is_replaced(policy: str) -> None:
    assert replaced([*GOOD, pod(2, "bad", state=NO_IMAGE)], policy) == "c-2"


def test_a_pod_of_the_current_revision_is_never_replaced() -> None:
    assert replaced([*GOOD, pod(2, "new", state=NO_IMAGE)]) is None


def test_a_pod_of_somebody_else_is_never_replaced() -> None:
    stranger = pod(2, "bad", state=NO_IMAGE)
    stranger["metadata"]["ownerReferences"] = [{**OWNER, "uid": "of another"}]
    assert replaced([*GOOD, stranger]) is None


def test_a_pod_that_is_ready_is_never_replaced() -> None:
    assert replaced([*GOOD, pod(2, "old", ready=True)]) is None


def test_one_is_replaced_at_a_time() -> None:
    broken = [pod(each, "bad", state=NO_IMAGE) for each in range(3)]
    assert replaced(broken) == "c-0"
    leaving = {**broken[0], "metadata": {**broken[0]["metadata"], "deletionTimestamp": LONG_AGO}}
    assert replaced([leaving, *broken[1:]]) is None
    assert replaced([pod(0, "new"), *broken[1:]]) is None, "the new one is about to start"
    assert replaced([pod(0, "new", ready=True), *broken[1:]]) == "c-1"


def test_until_the_controller_has_seen_the_change_its_revision_is_an_older_one() -> None:
    assert replaced([*GOOD, pod(2, "bad", state=NO_IMAGE)], observed=1) is None


def test_a_pod_that_never_becomes_ready_is_replaced_after_a_minute_where_kubernetes_waits_for_ever() -> None:
    assert replaced([*GOOD, pod(2, "old")]) == "c-2"
    assert replaced([*GOOD, pod(2, "old", since=JUST_NOW)]) is None
    assert replaced([*GOOD, pod(2, "old")], "Parallel") is None


def test_a_server_that_works_is_left_alone_while_another_does_not() -> None:
    """Its reloader has no image; the server itself may be what the majority consists of."""
    sidecar = pod(1, "bad", state=NO_IMAGE)
    sidecar["status"]["containerStatuses"].insert(0, {"name": "nats", "ready": True, "state": RUNNING})
    assert replaced([pod(0, "old", ready=True), sidecar, pod(2, "old", ready=True)]) == "c-1"
    assert replaced([pod(0, "old", ready=True), sidecar, pod(2, "old", since=JUST_NOW)]) is None


class Incomparable(dict[str, Any]):
    """A pod that may be looked at, but not compared with each of the others."""

    def __eq__(self, _other: object) -> bool:
        raise AssertionError("thousands of pods were compared with each other")

    __hash__ = None


def test_the_work_does_not_grow_with_the_square_of_the_pods() -> None:
    pods = [Incomparable(pod(ordinal, "old", ready=ordinal > 1)) for ordinal in range(100)]
    assert replaced([*pods[2:], pods[0]]) == "c-0"
    for each in pods[:2]:
        each["status"]["containerStatuses"][0]["ready"] = True
    assert replaced(pods) is None, "two are not ready, and both servers work"


# When to look again: only time passes until a pod counts as stuck


def delays(pods: Sequence[Object], policy: str = "OrderedReady") -> list[float]:
    return list(delays_until_stuck(stateful_set(policy), pods, NOW))


def test_a_pod_that_is_unready_for_five_seconds_is_looked_at_in_fifty_five() -> None:
    assert delays([*GOOD, pod(2, "bad", since=JUST_NOW)]) == [55]


def test_nobody_waits_for_pods_that_are_stuck_already() -> None:
    assert delays([pod(2, "bad")]) == []


def test_nobody_waits_where_kubernetes_does_not_wait_for_pods_to_get_ready() -> None:
    assert delays([pod(2, "bad", since=JUST_NOW)], "Parallel") == []
