"""Asks NATS servers over the pod network, by HTTP and by NATS requests. What an answer means is not known here.

A pod's certificate is not verified, as the kubelet does not for its probes: it names the Services that clients use, not
the pod's address. So an answer is as good as one over http: fit for a status, and nothing secret is ever sent.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import httpx2

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_runtime.transport import USER_AGENT, AiohttpTransport, no_cookies

if TYPE_CHECKING:
    from natsop_core.actions import Request
    from natsop_core.outcomes import Outcomes
    from natsop_core.references import HttpRef
    from natsop_runtime.api_server.http_client import FenceCheck

    Converse = Callable[[Sequence[Request]], Awaitable[Outcomes]]

PATIENCE: Final = 2.0
"""Seconds for a whole answer; a pod that takes longer counts as out of reach."""

NO_ANSWER: Final = Unreachable(f"no answer within {PATIENCE:g} s")

LONGEST_ANSWER: Final = 2**20
"""Bytes; what nats-server tells of itself is a few KiB."""

AT_ONCE: Final = 256
"""Requests to pods at the same time, each on its own connection."""

OUT_OF_REACH: Final = 30.0
"""Seconds for which an address that did not answer in time is not asked again: a worker waits for each of them."""


class Pods:
    """The pods of the cluster, to be asked over HTTP. See `reachable_pods`."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._asked_in_vain: dict[tuple[str, int], float] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def get(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        """What the pod answers, whatever the HTTP status, or why there is no answer."""
        async with self._slots:
            return await self._ask(reference)

    async def _ask(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        address = reference.host, reference.port
        if address in self._asked_in_vain and _now() - self._asked_in_vain[address] < OUT_OF_REACH:
            return NO_ANSWER
        host = f"[{reference.host}]" if ":" in reference.host else reference.host
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answer(f"{reference.scheme}://{host}:{reference.port}{reference.path}")
        except (TimeoutError, httpx2.TimeoutException):
            self._remember(address)
            return NO_ANSWER
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            return Unreachable(str(error) or type(error).__name__)

    def _remember(self, address: tuple[str, int]) -> None:
        self._asked_in_vain.pop(address, None)
        self._asked_in_vain[address] = _now()  # the oldest come first, whatever their number
        while _now() - self._asked_in_vain[oldest := next(iter(self._asked_in_vain))] >= OUT_OF_REACH:
            del self._asked_in_vain[oldest]

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
    context = _trusting()
    transport = transport or AiohttpTransport(lambda: context, idle_seconds=0)  # there are many, each asked seldom
    client = httpx2.AsyncClient(
        transport=transport, timeout=PATIENCE, trust_env=False, headers={"User-Agent": USER_AGENT}, cookies=no_cookies()
    )
    async with client:
        yield Pods(client)


class NatsRequests:
    """Sends requests. `check_fence` raises when nothing may be written any more; then nothing is sent."""

    def __init__(self, check_fence: FenceCheck, converse: Converse) -> None:
        self._check_fence = check_fence
        self._converse = converse

    async def send(self, requests: Sequence[Request]) -> Outcomes:
        """Send the requests; returns their outcomes in the same order."""
        self._check_fence()
        together: dict[Any, list[Request]] = {}
        for request in requests:
            together.setdefault((request.servers, request.credentials, request.tls), []).append(request)
        answered = await asyncio.gather(*map(self._converse, together.values()))
        outcomes = {key: outcome for each in answered for key, outcome in each.items()}
        return {request.key: outcomes[request.key] for request in requests}


async def converse(requests: Sequence[Request]) -> Outcomes:
    """See `nats_requests`, which is loaded for the first requests: nats-py takes 3 MiB, and few operators need it."""
    from natsop_runtime.nats_requests import converse  # noqa: PLC0415

    return await converse(requests)


def _trusting() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _now() -> float:
    return asyncio.get_running_loop().time()
