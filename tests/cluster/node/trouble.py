"""What keeps a pod from starting, as the NatsCluster itself tells it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.cluster.node.nats import CLUSTER, READY_WITHIN, condition, wait_until_ready
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

TOLD_WITHIN: Final = 30
"""Seconds from when the pod itself shows what is wrong."""


def await_told(namespace: Namespace, pod: str, shows: Callable[[Manifest], Any], reason: str) -> str:
    """Wait until the pod shows the trouble, and a little longer until the cluster tells it; the message."""
    namespace.wait_until(lambda: shows(namespace.client.get("Pod", pod)), READY_WITHIN, f"{pod} is in trouble")
    return namespace.wait_until(lambda: told(namespace, pod, reason), TOLD_WITHIN, f"{reason} of {pod} is told")


def told(namespace: Namespace, pod: str, reason: str) -> str:
    """What Available or Progressing say of the pod."""
    cluster = namespace.client.get("NatsCluster", CLUSTER)
    about_pods = [condition(cluster, "Available"), condition(cluster, "Progressing")]
    found = [each["message"] for each in about_pods if each["reason"] == reason and pod in each["message"]]
    assert found, about_pods
    return str(found[0])


def await_healed(namespace: Namespace) -> None:
    """Wait until the cluster is Ready, and nothing of the trouble is left in its conditions."""
    cluster = wait_until_ready(namespace)
    reasons = {type_: condition(cluster, type_)["reason"] for type_ in ("Available", "Progressing", "Degraded")}
    assert reasons == {"Available": "EnoughReady", "Progressing": "Stable", "Degraded": "AsExpected"}, reasons


def waits_for(*reasons: str) -> Callable[[Manifest], bool]:
    """Whether a container of the pod waits for one of these reasons."""

    def shows(pod: Manifest) -> bool:
        containers = pod["status"].get("containerStatuses", ())
        return any(each["state"].get("waiting", {}).get("reason") in reasons for each in containers)

    return shows


def has_not(type_: str) -> Callable[[Manifest], bool]:
    """Whether the pod's condition of the type is false."""

    def shows(pod: Manifest) -> bool:
        conditions = pod["status"].get("conditions", ())
        return any(each["type"] == type_ and each["status"] == "False" for each in conditions)

    return shows


def has_crashed(pod: Manifest) -> bool:
    """Whether a container of the pod was started again."""
    return any(each["restartCount"] for each in pod["status"].get("containerStatuses", ()))
