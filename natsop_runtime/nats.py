"""Asking a pod over the pod network: GET this path. What the answer means is not known here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import httpx2

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_runtime.transport import AiohttpTransport

if TYPE_CHECKING:
    from natsop_core.references import HttpRef

PATIENCE: Final = 2.0
"""Seconds for a whole answer; a pod that takes longer counts as out of reach."""

LONGEST_ANSWER: Final = 2**20
"""Bytes; what nats-server tells of itself is a few KiB."""


class Pods:
    """The pods of the cluster, to be asked over plain HTTP. See `reachable_pods`."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def get(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        """What the pod answers, whatever the HTTP status, or why there is no answer."""
        host = f"[{reference.host}]" if ":" in reference.host else reference.host
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answer(f"{reference.scheme}://{host}:{reference.port}{reference.path}")
        except TimeoutError:
            return Unreachable(f"no answer within {PATIENCE:g} s")
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return Unreachable(str(error) or type(error).__name__)

    async def _answer(self, url: str) -> HttpAnswer | Unreachable:
        """The answer as it comes over the wire, if it is short: whoever runs the pod decides what it sends."""
        body = bytearray()
        async with self._client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LONGEST_ANSWER:
                    return Unreachable(f"an answer of more than {LONGEST_ANSWER} bytes")
        return HttpAnswer(response.status_code, bytes(body))


@asynccontextmanager
async def reachable_pods(transport: httpx2.AsyncBaseTransport | None = None) -> AsyncIterator[Pods]:
    """A client for pods. Another transport stands in for the network in tests; proxies are for the outside world."""
    transport = transport or AiohttpTransport(idle_seconds=0)  # there are many of them, each asked seldom
    async with httpx2.AsyncClient(transport=transport, timeout=PATIENCE, trust_env=False) as client:
        yield Pods(client)
