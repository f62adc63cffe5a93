"""An API server in memory with NatsClusters to work on and one Lease; it refuses writes, which may take their time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from natsop_core.kinds import CLUSTERS, LEASES
from tests.unit.natsop_runtime.lease_api import clock
from tests.unit.natsop_runtime.small_api import failure

Object = dict[str, Any]
NEVER = 10_000.0


class BusyApi(httpx2.AsyncBaseTransport):
    """Has `clusters` NatsClusters, one in each namespace, and refuses all writes but those of the Lease.

    patience: seconds until each of the first `slow` of these writes is refused. They are received at once.
    lease_patience, list_patience: seconds until a write of the Lease, carried out at once, or a list is answered.
    """

    def __init__(self, *, clusters: int = 1, slow: int = 0, patience: float = 0.0) -> None:
        self.clusters = [_cluster(number) for number in range(clusters)]
        self.slow = slow
        self.patience = patience
        self.lease: Object | None = None
        self.lease_is_out_of_reach = False
        self.lease_patience = self.list_patience = 0.0
        self.log: list[tuple[float, str]] = []
        self.asked_for: set[tuple[str, str, str]] = set()  # rights: namespace, plural, verb
        self.writes_begun = asyncio.Event()

    def times(self, what: str) -> list[float]:
        """When this came to pass: "listed", "write", "write answered", "renewal", "release"."""
        return [time for time, each in self.log if each == what]

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as an API server would, by the path."""
        if (trace := request.extensions.get("trace")) is not None:
            await trace("http11.send_request_headers.started", {})
            await trace("http11.send_request_body.started", {})
        path = request.url.path
        if "watch" in request.url.params:
            return httpx2.Response(200, content=_silence())
        if f"/{LEASES.plural}" in path:
            return await self._lease(request)
        if "reviews" in path:
            asked = json.loads(request.content).get("spec", {}).get("resourceAttributes", {})
            self.asked_for.add((asked.get("namespace", ""), asked.get("resource", ""), asked.get("verb", "")))
            return httpx2.Response(201, json={"status": {"allowed": True}})
        if request.method == "GET":
            await asyncio.sleep(self.list_patience)
            items = self.clusters if path.endswith(CLUSTERS.plural) else []
            self._note("listed")
            return httpx2.Response(200, json={"metadata": {"resourceVersion": "10"}, "items": items})
        return await self._write()

    async def _write(self) -> httpx2.Response:
        self._note("write")
        self.writes_begun.set()
        if self.slow:
            self.slow -= 1
            await asyncio.sleep(self.patience)
        self._note("write answered")
        return failure(403)

    async def _lease(self, request: httpx2.Request) -> httpx2.Response:
        if self.lease_is_out_of_reach:
            await asyncio.sleep(NEVER)
        if request.method == "GET":
            return httpx2.Response(200, json=self.lease) if self.lease else failure(404)
        self.lease = json.loads(request.content)
        self.lease["metadata"]["resourceVersion"] = str(len(self.log) + 1)
        self._note("renewal" if self.lease["spec"].get("holderIdentity") else "release")
        await asyncio.sleep(self.lease_patience)
        return httpx2.Response(200, json=self.lease)

    def _note(self, what: str) -> None:
        self.log.append((clock(), what))


async def _silence() -> AsyncIterator[bytes]:
    await asyncio.sleep(NEVER)
    yield b""


def _cluster(number: int) -> Object:
    known = {"name": "c", "namespace": f"n{number}", "uid": f"uid-{number}", "resourceVersion": "9", "generation": 1}
    return {"apiVersion": CLUSTERS.api_version, "kind": CLUSTERS.kind, "metadata": known, "spec": {}}
