"""Finds pods of an older revision that cannot start, and so block the rollout of the corrected revision.

With OrderedReady, Kubernetes waits forever for such a pod instead of replacing it (kubernetes issue 67250).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from natsop_core.live import controller_of
from natsop_core.names import SERVER_CONTAINER
from natsop_core.pod_problems import condition_in, pod_problem
from natsop_core.times import moment

PATIENCE: Final = timedelta(minutes=1)
"""How long a running pod may be unready with OrderedReady before it counts as stuck."""

REVISION_LABEL: Final = "controller-revision-hash"


def pod_to_replace(
    stateful_set: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], now: datetime
) -> Mapping[str, Any] | None:
    """The pod to delete so that Kubernetes recreates it from the current revision; at most one at a time.

    No pod is deleted while another one is starting or stopping, and no working server that the others may need.
    """
    status = stateful_set.get("status", {})
    if status.get("observedGeneration", 0) < stateful_set["metadata"].get("generation", 0):
        return None
    pods = [each for each in pods if _is_made_by(stateful_set, each)]
    revision = status_revision(status)
    unready = [each for each in pods if not is_ready(each)]
    others_start = any(map(_is_leaving, pods)) or any(_is_of(revision, each) for each in unready)
    if others_start:
        return None
    is_ordered = _is_ordered(stateful_set)
    stuck = (each for each in unready if _is_stuck(each, now, is_ordered=is_ordered))
    return next((each for each in stuck if not _serves(each) or unready == [each]), None)


def delays_until_stuck(
    workload: Mapping[str, Any], pods: Sequence[Mapping[str, Any]], now: datetime
) -> Iterator[float]:
    """Seconds until an unready pod of a StatefulSet with OrderedReady counts as stuck; no event of it will follow."""
    if not _is_ordered(workload):
        return
    for pod in pods:
        since = _unready_since(pod)
        if since is not None and now - since < PATIENCE:
            yield (since + PATIENCE - now).total_seconds()


def _is_ordered(workload: Mapping[str, Any]) -> bool:
    return bool(workload["spec"].get("podManagementPolicy", "OrderedReady") == "OrderedReady")


def _unready_since(pod: Mapping[str, Any]) -> datetime | None:
    """None if the pod is ready, or has not run on a node yet."""
    return None if is_ready(pod) else moment(condition_in(pod, "Ready").get("lastTransitionTime"))


def _is_of(revision: str, pod: Mapping[str, Any]) -> bool:
    return bool((pod["metadata"].get("labels") or {}).get(REVISION_LABEL) == revision)


def _is_made_by(stateful_set: Mapping[str, Any], pod: Mapping[str, Any]) -> bool:
    controller = controller_of(pod["metadata"])
    return controller is not None and controller.uid == stateful_set["metadata"]["uid"]


def status_revision(status: Mapping[str, Any]) -> str:
    """The revision that all pods should have."""
    return str(status.get("updateRevision", ""))


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Whether the pod is ready."""
    return condition_in(pod, "Ready").get("status") == "True"


def _is_stuck(pod: Mapping[str, Any], now: datetime, *, is_ordered: bool) -> bool:
    if pod_problem(pod, {}, now) is not None:
        return True
    since = _unready_since(pod)
    return is_ordered and since is not None and now - since >= PATIENCE


def _is_leaving(pod: Mapping[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _serves(pod: Mapping[str, Any]) -> bool:
    """Whether its server container is ready, even if the pod is not."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return any(each["name"] == SERVER_CONTAINER and each.get("ready") for each in statuses)
