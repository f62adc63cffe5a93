"""Requests by aiohttp to a server that sends exactly what a test wants it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx2

from natsop_runtime.transport import AiohttpTransport
from tests.unit.natsop_runtime.servers import Server, serving

T = TypeVar("T")
PATIENT = httpx2.Timeout(5)


def told(
    server: Server,
    story: Callable[[httpx2.AsyncClient, Server], Awaitable[T]],
    *,
    timeout: httpx2.Timeout = PATIENT,
    idle_seconds: float = 60.0,
    ours: ssl.SSLContext | None = None,
    theirs: ssl.SSLContext | None = None,
) -> T:
    """What a story of requests to the server comes to."""

    async def whole() -> T:
        context = ours or ssl.create_default_context()
        transport = AiohttpTransport(lambda: context, idle_seconds=idle_seconds)
        async with serving(server, theirs), httpx2.AsyncClient(transport=transport, timeout=timeout) as client:
            return await story(client, server)

    return asyncio.run(asyncio.wait_for(whole(), 20))


async def two_requests(client: httpx2.AsyncClient, server: Server) -> list[str]:
    return [(await client.get(server.url)).text for _ in range(2)]


async def one_request(client: httpx2.AsyncClient, server: Server) -> httpx2.Response:
    return await client.get(server.url)
