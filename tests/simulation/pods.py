"""StatefulSets' pods: made, rolled and removed by their controller, run by kubelets that bring files by and by."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import CONFIG_MAPS, PODS, SECRETS, STATEFUL_SETS
from natsop_core.names import SERVER_CONTAINER
from natsop_core.times import timestamp
from tests.simulation.api_server.kinds import kind_of
from tests.simulation.api_server.server import Answer, Request
from tests.simulation.controllers import path_of, request_about
from tests.simulation.mounts import mounted_files
from tests.simulation.servers import NatsServer, read
from tests.simulation.timers import Timers

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.storage import Change, Storage

CONTROLLER, KUBELET = "workload-controller", "kubelet"
REVISION: Final = "controller-revision-hash"

LOOKS_AFTER: Final = 0.5
"""Seconds after a change for which the controller looks at a StatefulSet."""

STARTS_AFTER: Final = (0.2, 4.0)
"""Seconds within which a pod's containers run, and again within which they are ready."""

SYNCS_AFTER: Final = (1.0, 90.0)
"""Seconds within which a changed file reaches a pod."""

TRIES_AGAIN_AFTER: Final = 10.0
"""Seconds after which a container that could not start is started again."""


class Pods:
    """The controller of StatefulSets and all kubelets. `send` is how they reach the API server, `chance` how fast."""

    def __init__(
        self, storage: Storage, send: Callable[[Request], Answer], now: Callable[[], datetime], chance: random.Random
    ) -> None:
        self._storage = storage
        self._send = send
        self._now = now
        self._chance = chance
        self._timers = Timers()
        self._servers: dict[str, NatsServer] = {}  # by the pods' UIDs
        self._hosts: dict[str, str] = {}  # the pods' UIDs by their addresses
        storage.listen(self._hear)

    def stop(self) -> None:
        """Do nothing any more."""
        self._storage.unlisten(self._hear)
        self._timers.stop()

    def stop_reloading(self) -> None:
        """The servers that there are load nothing any more, until they are started anew or `heal`."""
        for server in self._servers.values():
            server.reloads = False

    def heal(self) -> None:
        """All servers load again what is mounted."""
        for uid, server in self._servers.items():
            server.reloads = True
            self._sync_later(uid)

    def unready(self, namespace: str, name: str) -> None:
        """A pod's readiness probe fails for a while."""
        if (stored := self._storage.get(kind_of(PODS), namespace, name)) is not None and stored.uid in self._servers:
            self._say(stored, is_ready=False)
            self._timers.later(("ready", stored.uid), self._chance.uniform(*STARTS_AFTER), lambda: self._ready(stored))

    def server_at(self, host: str) -> NatsServer | None:
        """The server that has this address."""
        return self._servers.get(self._hosts.get(host, ""))

    def others_than(self, server: NatsServer) -> int:
        """How many other servers of its cluster run."""
        cluster = server.pod.rpartition("-")[0]
        return sum(each.pod.rpartition("-")[0] == cluster for each in self._servers.values()) - 1

    def have_loaded(self, stateful_set: Stored) -> bool:
        """Whether all servers that there should be run, with what is mounted now."""
        pods = self._pods_of(stateful_set)
        loaded = [self._is_current(pod) for pod in pods.values()]
        return len(loaded) == stateful_set.content["spec"]["replicas"] and all(loaded)

    def _is_current(self, pod: Stored) -> bool:
        server = self._servers.get(pod.uid)
        return server is not None and server.files == self._files(pod)

    def _files(self, pod: Stored) -> dict[str, str] | None:
        return mounted_files(pod.content["spec"], pod.metadata["namespace"], self._storage)

    def _hear(self, change: Change) -> None:
        resource, metadata = change.kind.resource, change.now.metadata
        namespace = metadata["namespace"]
        if resource == STATEFUL_SETS and not change.deleted:
            self._look_later(namespace, metadata["name"])
        elif resource == PODS:
            self._hear_of_pod(change)
        elif resource in (CONFIG_MAPS, SECRETS):
            for uid in self._servers:
                self._sync_later(uid)

    def _hear_of_pod(self, change: Change) -> None:
        pod = change.now
        if change.deleted:
            self._servers.pop(pod.uid, None)
        elif change.before is None:
            self._start_later(pod, self._chance.uniform(*STARTS_AFTER))
        self._look_later(pod.metadata["namespace"], pod.metadata["name"].rpartition("-")[0])

    def _look_later(self, namespace: str, name: str) -> None:
        self._timers.later(("look", namespace, name), LOOKS_AFTER, lambda: self._look(namespace, name))

    def _look(self, namespace: str, name: str) -> None:
        """Make one step towards what the StatefulSet wants, and say how far it is."""
        stateful_set = self._storage.get(kind_of(STATEFUL_SETS), namespace, name)
        if stateful_set is None:
            return
        for step in self._steps(stateful_set):
            step()
        self._report(stateful_set)

    def _steps(self, stateful_set: Stored) -> Iterator[Callable[[], object]]:
        """All missing and all surplus pods at once; outdated ones one at a time, while all others are ready."""
        spec, pods = stateful_set.content["spec"], self._pods_of(stateful_set)
        wanted = [f"{stateful_set.metadata['name']}-{ordinal}" for ordinal in range(spec["replicas"])]
        surplus = [pod for name, pod in pods.items() if name not in wanted]
        outdated = [pods[name] for name in reversed(wanted) if name in pods and _revision(pods[name]) != _hash(spec)]
        yield from (lambda name=name: self._make(stateful_set, name) for name in wanted if name not in pods)
        yield from (lambda pod=pod: self._delete(pod) for pod in surplus)
        if pods.keys() >= {*wanted} and all(map(_is_ready, pods.values())):
            yield from (lambda pod=pod: self._delete(pod) for pod in outdated[:1])
        else:
            yield from (lambda pod=pod: self._delete(pod) for pod in outdated if not _is_ready(pod))

    def _make(self, stateful_set: Stored, name: str) -> None:
        metadata, spec = stateful_set.metadata, stateful_set.content["spec"]
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": metadata["name"], "uid": metadata["uid"]}
        template = spec["template"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "labels": {**template["metadata"].get("labels", {}), REVISION: _hash(spec)},
                "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
            },
            "spec": template["spec"],
        }
        path = path_of(PODS, metadata["namespace"])
        self._send(Request(method="POST", path=path, body=json.dumps(pod), user=CONTROLLER))  # or its name is taken

    def _delete(self, pod: Stored) -> None:
        self._send(request_about("DELETE", PODS, pod, {"preconditions": {"uid": pod.uid}}, user=CONTROLLER))

    def _report(self, stateful_set: Stored) -> None:
        pods, current = self._pods_of(stateful_set).values(), _hash(stateful_set.content["spec"])
        ready = sum(map(_is_ready, pods))
        status = {
            "observedGeneration": stateful_set.metadata["generation"],
            "replicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "updatedReplicas": sum(_revision(pod) == current for pod in pods),
        }
        if stateful_set.content.get("status") != status:
            self._send(
                request_about(
                    "PATCH", STATEFUL_SETS, stateful_set, {"status": status}, user=CONTROLLER, subresource="/status"
                )
            )

    def _pods_of(self, stateful_set: Stored) -> dict[str, Stored]:
        pods = self._storage.all(kind_of(PODS), stateful_set.metadata["namespace"])
        return {pod.metadata["name"]: pod for pod in pods if pod.controller_uid == stateful_set.uid}

    def _start_later(self, pod: Stored, seconds: float) -> None:
        self._timers.later(("start", pod.uid), seconds, lambda: self._start(pod))

    def _start(self, pod: Stored) -> None:
        if not self._is_there(pod):
            return
        files, spec = self._files(pod), pod.content["spec"]
        if files is None or read(spec, files) is None:
            self._start_later(pod, TRIES_AGAIN_AFTER)
            return
        now = self._now()
        self._servers[pod.uid] = NatsServer(pod.metadata["name"], spec, files, started=now, loaded=now)
        self._hosts[f"10.0.{len(self._hosts) // 250}.{len(self._hosts) % 250}"] = pod.uid
        self._say(pod, is_ready=False)
        self._timers.later(("ready", pod.uid), self._chance.uniform(*STARTS_AFTER), lambda: self._ready(pod))

    def _ready(self, pod: Stored) -> None:
        if self._is_there(pod):
            self._say(pod, is_ready=True)

    def _say(self, pod: Stored, *, is_ready: bool) -> None:
        started = {"startedAt": timestamp(self._servers[pod.uid].started)}
        containers = [{"name": SERVER_CONTAINER, "ready": is_ready, "state": {"running": started}}]
        ip = next(ip for ip, uid in self._hosts.items() if uid == pod.uid)
        status = {"phase": "Running", "podIP": ip, "containerStatuses": containers}
        self._send(request_about("PATCH", PODS, pod, {"status": status}, user=KUBELET, subresource="/status"))

    def _sync_later(self, uid: str) -> None:
        self._timers.later(("sync", uid), self._chance.uniform(*SYNCS_AFTER), lambda: self._sync(uid))

    def _sync(self, uid: str) -> None:
        """What a pod mounts, and is missing now, it keeps."""
        pod = next((each for each in self._storage.all(kind_of(PODS)) if each.uid == uid), None)
        if pod is not None and uid in self._servers and (files := self._files(pod)) is not None:
            self._servers[uid].load(files, self._now())

    def _is_there(self, pod: Stored) -> bool:
        live = self._storage.get(kind_of(PODS), pod.metadata["namespace"], pod.metadata["name"])
        return live is not None and live.uid == pod.uid


def _hash(spec: Mapping[str, Any]) -> str:
    """The revision of a StatefulSet's pods."""
    return hashlib.sha256(json.dumps(spec["template"], sort_keys=True).encode()).hexdigest()[:10]


def _revision(pod: Stored) -> str:
    revision: str = pod.metadata["labels"].get(REVISION, "")
    return revision


def _is_ready(pod: Stored) -> bool:
    return any(each["ready"] for each in pod.content.get("status", {}).get("containerStatuses", ()))
