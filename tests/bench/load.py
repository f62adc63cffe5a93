"""A steady load of new and changed clusters: `python -m tests.bench.load`, a process of its own.

Requests begin at the times that the rates give, whether or not earlier ones were answered. When too many are under way,
the next one waits: what was sent in the end counts.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from ruamel.yaml import YAML

from natsop_core.kinds import CLUSTERS
from natsop_runtime.tls import verify_like_go
from tests.bench.clusters import nats_cluster

MOST_UNDER_WAY: Final = 64
MEMORY: Final = 2**26
"""Bytes of memory for JetStream. Each change has another number: it makes another nats.conf and rolls the servers."""


@dataclass
class Sent:
    """Requests that were sent, and those of them that were refused."""

    creations: int = 0
    changes: int = 0
    failed: int = 0


class Load:
    """Sends requests for a namespace."""

    def __init__(self, session: aiohttp.ClientSession, server: str, namespace: str) -> None:
        self._session = session
        self._url = f"{server}/apis/{CLUSTERS.api_version}/namespaces/{namespace}/{CLUSTERS.plural}"
        self._namespace = namespace
        self._slots = asyncio.Semaphore(MOST_UNDER_WAY)
        self.sent = Sent()

    async def steadily(self, rate: float, seconds: float, send: Callable[[int], Awaitable[None]]) -> None:
        """Send that many a second, for that long."""
        clock = asyncio.get_running_loop().time
        begun, number = clock(), 0
        async with asyncio.TaskGroup() as group:
            while number < rate * seconds and clock() < begun + seconds:
                await asyncio.sleep(max(0.0, begun + number / rate - clock()))
                await self._slots.acquire()
                group.create_task(self._send(send, number))
                number += 1

    async def _send(self, send: Callable[[int], Awaitable[None]], number: int) -> None:
        try:
            await send(number)
        finally:
            self._slots.release()

    async def create(self, number: int) -> None:
        """A new cluster."""
        self.sent.creations += 1
        await self._request("POST", self._url, nats_cluster(self._namespace, f"s-{number:06}"), "application/json")

    async def change(self, name: str, number: int) -> None:
        """Change a cluster's configuration to one that it never had."""
        self.sent.changes += 1
        change = {"spec": {"config": {"jetstream": {"memoryStore": {"maxSize": str(MEMORY + number)}}}}}
        await self._request("PATCH", f"{self._url}/{name}", change, "application/merge-patch+json")

    async def _request(self, method: str, url: str, body: Any, content_type: str) -> None:
        headers = {"Content-Type": content_type}
        async with self._session.request(method, url, data=json.dumps(body), headers=headers) as answer:
            await answer.read()
            self.sent.failed += answer.status >= 300


@asynccontextmanager
async def loading(kubeconfig: Path, namespace: str) -> AsyncIterator[Load]:
    """A load that reaches the API server of the kubeconfig."""
    config = YAML(typ="safe").load(kubeconfig)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = verify_like_go(ssl.create_default_context(cafile=cluster["certificate-authority"]))
    headers = {"Authorization": f"Bearer {user['token']}", "User-Agent": "natsop-tests"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=0), headers=headers) as session:
        yield Load(session, cluster["server"], namespace)


async def run(kubeconfig: Path, namespace: str, clusters: int, seconds: float, rates: tuple[float, float]) -> Sent:
    """Create and change clusters at the two rates; those that are changed exist, and take turns."""
    creations, changes = rates
    async with loading(kubeconfig, namespace) as load:
        await asyncio.gather(
            load.steadily(creations, seconds, load.create),
            load.steadily(changes, seconds, lambda number: load.change(f"n-{number % clusters:05}", number)),
        )
        return load.sent


if __name__ == "__main__":
    path, in_namespace, existing, lasting, created, changed = sys.argv[1:]
    sent = asyncio.run(run(Path(path), in_namespace, int(existing), float(lasting), (float(created), float(changed))))
    print(json.dumps(asdict(sent)))
