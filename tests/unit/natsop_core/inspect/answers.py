"""An API server and NATS servers that answer what a test says, and a view that is given all that it asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.inspect.target import Target
from natsop_core.inspect.view import Reply, Request, View
from natsop_core.kinds import BOXES, CLUSTERS
from natsop_runtime.inspection import MAX_ROUNDS
from tests.unit.natsop_core.trio import NAMES, SERVERS
from tests.unit.natsop_core.world import Object, cluster, cluster_object, jetstream, live_stateful_set, settled_status

T = TypeVar("T")

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TARGET: Final = Target(CLUSTERS, "prod", "c")
BOX: Final = Target(BOXES, "prod", "b")
SPEC: Final[Object] = {"replicas": 3, **jetstream()}

GROUP: Final[Object] = {
    "cluster_size": 3,
    "leader": "c-0",
    "replicas": [{"name": name, "current": True, "active": 400_000_000} for name in ("c-1", "c-2")],
}


def condition(type_: str, status: str, reason: str, message: str = "Said.") -> Object:
    since = "2026-01-02T03:00:00Z"
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


READY: Final = (
    condition("Ready", "True", "Ready"),
    condition("Available", "True", "EnoughReady"),
    condition("Progressing", "False", "Stable"),
    condition("Degraded", "False", "AsExpected"),
)


def resource(*conditions: Object, generation: int = 1, **metadata: Any) -> Object:
    status = {"observedGeneration": 1, "version": "2.12.6", "conditions": list(conditions or READY)}
    return cluster_object(SPEC, generation=generation, **metadata) | {"status": status}


def member(name: str, **changes: Any) -> Object:
    return {"name": name, "current": True, "active": 400_000_000, **changes}


def stream(name: str = "ORDERS", *, leader: str = "c-0", **of_the_last: Any) -> Object:
    """As its leader reports it; `of_the_last` changes its last follower."""
    *others, last = (each for each in NAMES if each != (leader if leader in NAMES else "c-0"))
    replicas = [*map(member, others), member(last, **of_the_last)]
    return {
        "name": name,
        "config": {"num_replicas": 3, "retention": "limits"},
        "state": {"messages": 5, "bytes": 230, "last_seq": 5, "consumer_count": 1},
        "cluster": {"leader": leader, "replicas": replicas},
    }


def jsz(*streams: Object, group: Object = GROUP) -> Object:
    return {
        "server_id": "NDA",
        "config": {"max_storage": 2**30},
        "storage": 230,
        "accounts": 1,
        "streams": len(streams),
        "meta_cluster": group,
        "account_details": [{"name": "$G", "id": "$G", "stream_detail": list(streams)}],
    }


def is_ready(pod: Object) -> Object:
    status = {**pod["status"], "conditions": [{"type": "Ready", "status": "True"}]}
    return {**pod, "status": status}


@dataclass
class World:
    """What the API server has and what servers say; `objects` by path without a query, `refused` by part of a path."""

    cr: Object | None = field(default_factory=resource)
    pods: tuple[Object, ...] = tuple(map(is_ready, SERVERS))
    jsz: Object = field(default_factory=lambda: jsz(stream()))
    jsz_of: Mapping[str, Object] = field(default_factory=dict)
    varz: Mapping[str, Object] = field(default_factory=dict)
    health: Mapping[str, HttpAnswer] = field(default_factory=dict)
    routes: Mapping[str, Object] = field(default_factory=dict)
    revision: str = ""
    objects: dict[str, Any] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        path = request.path.partition("?")[0]
        if any(part in path for part in self.silent):
            return Unreachable("not within 5 s")
        if any(part in path for part in self.refused):
            return said({"kind": "Status", "message": _refusal(path)}, 403)
        if "/proxy/" in path:
            return self._server(path, NOW + timedelta(seconds=sum(each.path == request.path for each in self.asked)))
        if path.endswith("/natsclusters/c"):
            return said(self.cr) if self.cr else NOT_FOUND
        if path.endswith("/statefulsets/c"):
            return said(live_stateful_set(cluster(SPEC)) | {"status": settled_status(3, updateRevision=self.revision)})
        if path.endswith("/namespaces/prod/pods") and "nats-operator" not in request.path:
            return said({"items": list(self.pods)})
        return said(self.objects[path]) if path in self.objects else NOT_FOUND

    def _server(self, path: str, now: datetime) -> Reply:
        pod = path.partition("/pods/")[2].partition(":")[0]
        if path.endswith("healthz"):
            return self.health.get(pod, said({"status": "ok"}))
        if path.endswith("varz"):
            return said({"server_name": pod, "version": "2.12.6", "connections": 2, **self.varz.get(pod, {})})
        if path.endswith("routez"):
            return said(self.routes.get(pod, {}))
        return said({"now": now.isoformat(), **self.jsz_of.get(pod, self.jsz)})


def _refusal(path: str) -> str:
    pod = path.partition("/pods/")[2].partition(":")[0]
    what = f'pods "{pod}" is forbidden: User "jo" cannot get resource "pods/proxy"' if pod else f'cannot get "{path}"'
    return f'{what} in API group "" in the namespace "prod"'


def said(value: object, status: int = 200) -> HttpAnswer:
    return HttpAnswer(status, json.dumps(value).encode())


NOT_FOUND: Final = said({"kind": "Status", "message": "not found"}, 404)


def ask(world: World, question: Callable[[View], T]) -> tuple[T, View]:
    """The answer, once everything that was missing for it is there: in at most as many rounds as the commands have."""
    found: dict[Request, Reply] = {}
    for _ in range(MAX_ROUNDS):
        view = View(found, NOW)
        answer = question(view)
        if not view.missing:
            return answer, view
        found |= {request: world.answer(request) for request in view.missing}
    raise AssertionError("it never has enough")
