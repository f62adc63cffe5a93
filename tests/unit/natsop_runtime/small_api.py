"""A few ConfigMaps behind the HTTP transport: lists in pages, watches, and the ways in which these fail."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.kube import Kube
from natsop_runtime.cache.reflector import BACKOFF

Object = dict[str, Any]
Handler = Callable[[httpx2.Request], httpx2.Response] | Callable[[httpx2.Request], Coroutine[Any, Any, httpx2.Response]]


@asynccontextmanager
async def kube_over(handler: Handler) -> AsyncIterator[Kube]:
    """The real client, with this function in place of the network."""
    cluster = Cluster(server="http://small-api", insecure=True)  # nothing to load for a TLS that is not used
    config = KubeConfig.from_one(cluster=cluster, user=User()).get()
    assert config is not None
    async with connected(config, httpx2.MockTransport(handler)) as kube:
        yield kube


TIMEOUT: Final = 2 * BACKOFF.most
"""Seconds: longer than any pause that is waited for. In virtual time it costs nothing."""


async def until(condition: Callable[[], bool], what: str, *, step: float = 0.005) -> None:
    """Wait for something that takes a moment, or a backoff or two. step: seconds between two looks."""
    deadline = asyncio.get_running_loop().time() + TIMEOUT
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            pytest.fail(f"not within {TIMEOUT:g} s: {what}")
        await asyncio.sleep(step)


def failure(code: int, message: str = "no", headers: dict[str, str] | None = None, **details: Any) -> httpx2.Response:
    """What the API server answers when it refuses."""
    status = {"kind": "Status", "status": "Failure", "code": code, "message": message, "details": details}
    return httpx2.Response(code, json=status, headers=headers)


class SmallApi:
    """ConfigMaps of the namespace "prod", with a history that can be forgotten."""

    def __init__(self) -> None:
        self.version = 100
        self.oldest_version = 0
        self.objects: dict[str, Object] = {}
        self.history: list[tuple[int, str, Object]] = []
        self.refusals: deque[httpx2.Response] = deque()  # answers to the next requests, in place of the usual ones
        self.requests: list[httpx2.Request] = []
        self.watches: list[asyncio.Queue[bytes | Exception | None]] = []

    def put(self, name: str, **metadata: Any) -> Object:
        """Create or change an object."""
        self.version += 1
        kind = "MODIFIED" if name in self.objects else "ADDED"
        self.objects[name] = config_map(name, self.version, **metadata)
        return self._record(kind, self.objects[name])

    def remove(self, name: str) -> Object:
        """Delete an object; its last event carries the version of the deletion."""
        self.version += 1
        last = self.objects.pop(name)
        return self._record("DELETED", {**last, "metadata": {**last["metadata"], "resourceVersion": str(self.version)}})

    def end_watches(self, error: Exception | None = None) -> None:
        """End all open watches, by an error of the network if one is given."""
        for watch in self.watches:
            watch.put_nowait(error)
        self.watches.clear()

    def forget_history(self) -> None:
        """As etcd does by and by: watches from before now are refused."""
        self.oldest_version = self.version
        self.history.clear()

    def send(self, line: bytes) -> None:
        """Send a line to all open watches."""
        for watch in self.watches:
            watch.put_nowait(line + b"\n")

    def bookmark(self) -> None:
        """Tell the watches how far they are, after changes that they have no part in."""
        self.version += 10
        self.send(_event("BOOKMARK", {"metadata": {"resourceVersion": str(self.version)}}))

    def watched_from(self) -> list[str]:
        """The versions that watches asked for, in order."""
        return [request.url.params["resourceVersion"] for request in self.requests if "watch" in request.url.params]

    def lists(self) -> int:
        """How many lists were asked for."""
        return sum("watch" not in request.url.params for request in self.requests)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if self.refusals:
            return self.refusals.popleft()
        if "watch" in request.url.params:
            return self._watch(int(request.url.params["resourceVersion"]))
        return self._list(request)

    def _list(self, request: httpx2.Request) -> httpx2.Response:
        start, limit = int(request.url.params.get("continue", "0")), int(request.url.params["limit"])
        items = list(self.objects.values())
        rest = {"continue": str(start + limit)} if start + limit < len(items) else {}
        metadata = {"resourceVersion": str(self.version), **rest}
        return httpx2.Response(200, json={"metadata": metadata, "items": items[start : start + limit]})

    def _watch(self, version: int) -> httpx2.Response:
        if version < self.oldest_version:
            return failure(410, "too old resource version")
        queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        for changed, kind, obj in self.history:
            if changed > version:
                queue.put_nowait(_event(kind, obj) + b"\n")
        self.watches.append(queue)
        return httpx2.Response(200, content=_stream(queue))

    def _record(self, kind: str, obj: Object) -> Object:
        self.history.append((self.version, kind, obj))
        self.send(_event(kind, obj))
        return obj


def config_map(name: str, version: int, **metadata: Any) -> Object:
    """A ConfigMap of "prod"; the UID is that of the name unless another is given."""
    known = {"name": name, "namespace": "prod", "uid": f"uid-{name}", "resourceVersion": str(version)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": known | metadata}


def _event(kind: str, obj: Object) -> bytes:
    return json.dumps({"type": kind, "object": obj}, ensure_ascii=False).encode()


async def _stream(queue: asyncio.Queue[bytes | Exception | None]) -> AsyncIterator[bytes]:
    while (item := await queue.get()) is not None:
        if isinstance(item, Exception):
            raise item
        yield item
