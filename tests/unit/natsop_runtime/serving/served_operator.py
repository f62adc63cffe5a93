"""An operator whose ports are served, with a client for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from natsop_core.kinds import ApiResource
from natsop_runtime.bind_address import BindAddress
from natsop_runtime.metrics import Metrics
from natsop_runtime.serving.ports import Ports, serving
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.serving.certificate_files import trusting_nobody

ANYWHERE = BindAddress("127.0.0.1", 0)
BOTH = RunSettings(metrics_bind_address=ANYWHERE, health_probe_bind_address=ANYWHERE)


class Operator:
    """What is served, for a test to change."""

    def __init__(self) -> None:
        self.metrics = Metrics("1.2.3")
        self.wedged = ""
        self.unready = ""
        self.ports = Ports()
        self.stopped_at: float | None = None

    async def create_review(self, _resource: ApiResource, body: dict[str, Any]) -> dict[str, Any]:
        user = {"username": body["spec"].get("token")}
        return {"status": {"authenticated": True, "user": user, "allowed": body["spec"].get("user") == "prometheus"}}

    def clock(self) -> float:
        return time.monotonic() if self.stopped_at is None else self.stopped_at

    @asynccontextmanager
    async def serving(self, settings: RunSettings) -> AsyncIterator[Ports]:
        async with serving(
            settings,
            metrics=self.metrics,
            reviews=self,
            wedged=lambda: self.wedged,
            unready=lambda: self.unready,
            clock=self.clock,
        ) as self.ports:
            yield self.ports

    async def get(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> httpx2.Response:
        """Ask the probes' port."""
        async with httpx2.AsyncClient() as client:
            return await client.request(method, f"http://127.0.0.1:{self.ports.probes}{path}", headers=headers)

    async def scrape(self, token: str = "", *, scheme: str = "https", address: str = "127.0.0.1") -> httpx2.Response:
        """Ask for the metrics, from an address of this machine."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx2.AsyncHTTPTransport(verify=trusting_nobody(), local_address=address)
        async with httpx2.AsyncClient(transport=transport) as client:
            return await client.get(f"{scheme}://127.0.0.1:{self.ports.metrics}/metrics", headers=headers)


def tell(story: Callable[[Operator], Awaitable[None]], settings: RunSettings | None = None) -> None:
    """Tell the story of an operator that serves."""

    async def begin() -> None:
        operator = Operator()
        async with (
            asyncio.timeout(20),
            operator.serving(settings or BOTH),
        ):
            await story(operator)

    asyncio.run(begin())
