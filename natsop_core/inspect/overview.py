"""`natsop status`: the state of a custom resource, its servers and its problems, as JSON data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core.inspect.problems import (
    conditions_of,
    is_paused,
    problems_of,
    problems_of_jetstream,
    problems_of_server,
)
from natsop_core.inspect.server_state import ServerState, meta_group, server_row, server_state, streams
from natsop_core.inspect.settling import settling
from natsop_core.inspect.view import Request, list_of, path_of
from natsop_core.kinds import PODS
from natsop_core.settled import Observation

if TYPE_CHECKING:
    from natsop_core.inspect.target import Target
    from natsop_core.inspect.view import Object, View


def overview(target: Target, view: View) -> dict[str, Any] | None:
    """The state of the custom resource; None if it does not exist, or was not fetched yet."""
    resource = view.object(target.request, str(target))
    workload, pods = _workload(target, view), pods_of(target, view)  # requested in the same round as the resource
    if resource is None:
        return None
    states = [server_state(pod, view) for pod in pods] if target.is_cluster else []
    rows = [server_row(pod, state) for pod, state in zip(pods, states, strict=True)] if states else []
    observations = [state.observation for state in states]
    known, meta = streams(observations), meta_group(observations)
    reported = list(problems_of(resource, target))
    problems = [
        *reported,
        *(each for row in rows for each in problems_of_server(row, has_problem=bool(reported))),
        *problems_of_jetstream(meta, known),
    ]
    return {
        **_identity(target, resource),
        "healthy": not any(each.level == "problem" for each in problems),
        "problems": [each.as_dict() for each in problems],
        "conditions": [dict(each) for each in conditions_of(resource).values()],
        "quorum": _quorum(target, workload, pods),
        **settling(target, workload, pods, observations, view),
        "endpoints": (resource.get("status") or {}).get("endpoints"),
        "nextExpiry": (resource.get("status") or {}).get("nextExpiry"),
        "servers": rows or [_pod_row(pod) for pod in pods],
        "jetStream": _jetstream(observations, meta, known),
        "notKnown": dict(view.failures),
    }


def pods_of(target: Target, view: View) -> tuple[Object, ...]:
    """Its pods, by ordinal: shorter names first."""
    found = view.items(list_of(PODS, target.namespace, target.selector), "pods")
    return tuple(sorted(found, key=lambda pod: (len(pod["metadata"]["name"]), pod["metadata"]["name"])))


def states_of(target: Target, view: View) -> list[ServerState]:
    """The states of the servers of a NatsCluster."""
    return [server_state(pod, view) for pod in pods_of(target, view)] if target.is_cluster else []


def _workload(target: Target, view: View) -> Object | None:
    """Empty if it does not exist; None if it cannot be read."""
    request = Request(path_of(target.workload, target.namespace, target.workload_name))
    found = view.object(request, target.workload_title)
    return None if target.workload_title in view.failures else found or {}


def _identity(target: Target, resource: Object) -> dict[str, Any]:
    metadata, status = resource["metadata"], resource.get("status") or {}
    return {
        "kind": target.resource.kind,
        "namespace": target.namespace,
        "name": target.name,
        "generation": metadata.get("generation", 0),
        "observedGeneration": status.get("observedGeneration"),
        "version": status.get("version"),
        "paused": is_paused(resource),
        "deleting": "deletionTimestamp" in metadata,
    }


def _quorum(target: Target, workload: Object | None, pods: tuple[Object, ...]) -> dict[str, Any]:
    """The numbers of servers; those that the workload has are None if it cannot be read."""
    if workload is None:
        return {"pods": len(pods), "wanted": None, "ready": None, "needed": None, "holds": None}
    wanted = workload.get("spec", {}).get("replicas", 0)
    ready = workload.get("status", {}).get("readyReplicas", 0)
    needed = wanted // 2 + 1 if target.is_cluster and wanted else min(1, wanted)
    return {"pods": len(pods), "wanted": wanted, "ready": ready, "needed": needed, "holds": ready >= needed > 0}


def _pod_row(pod: Object) -> dict[str, Any]:
    row = server_row(pod, ServerState(Observation(pod["metadata"]["name"]), {}, {}))
    return {name: row[name] for name in ("pod", "ready", "restarts", "node")}


def _jetstream(
    observations: list[Observation], meta: dict[str, Any] | None, known: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """The JetStream part; None if JetStream is off, or if no server answers."""
    if not any(each.jetstream and each.jetstream.is_enabled for each in observations):
        return None
    return {"metaGroup": meta, "streams": known}
