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
from natsop_runtime.clock import loop_time
from natsop_runtime.transport import USER_AGENT, AiohttpTransport, no_cookies

if TYPE_CHECKING:
    from natsop_core.actions import Request
    from natsop_core.outcomes import Outcomes
    from natsop_core.references import HttpRef, ObjectKey
    from natsop_runtime.api_server.http_client import FenceCheck

    Converse = Callable[[Sequence[Request]], Awaitable[Outcomes]]

TIMEOUT: Final = 1.5
"""Seconds for a whole answer; a pod that takes longer is unreachable. A lost SYN is sent again after one second."""

NO_ANSWER: Final = Unreachable(f"no answer within {TIMEOUT:g} s")

MAX_ANSWER_BYTES: Final = 2**20
"""Bytes; what nats-server tells of itself is a few KiB."""

AT_ONCE: Final = 256
"""Requests to pods at the same time, each on its own connection."""

PROBES_AT_ONCE: Final = 32
"""Requests to unreachable pods at the same time, in addition."""

PROBE_AFTER: Final = 30.0
"""Seconds after which an unreachable pod is asked again, in the background: no worker waits for it."""

FORGET_AFTER: Final = 1_200.0
"""Seconds after which an unreachable pod that nobody asked for is forgotten: it does not exist any more."""

Address = tuple[str, int]


class Pods:
    """The pods of the cluster, to be asked over HTTP. See `reachable_pods`.

    A pod that did not answer in time is unreachable until it answers a probe; `recovered` is called with its key then.
    """

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client
        self._unreachable: dict[Address, float] = {}  # when they were asked last, the earliest first
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._probe_slots = asyncio.Semaphore(PROBES_AT_ONCE)
        self._probes: dict[Address, asyncio.Task[None]] = {}
        self.recovered: Callable[[ObjectKey], None] = lambda _pod: None

    async def get(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        """The pod's answer, whatever its HTTP status, or why there is none."""
        address = reference.host, reference.port
        async with self._slots:
            if address not in self._unreachable:
                answer = await self._ask(reference)
                if answer is NO_ANSWER:
                    self._note_unreachable(address)
                return answer
        if address not in self._probes and loop_time() - self._unreachable[address] >= PROBE_AFTER:
            self._probes[address] = asyncio.create_task(self._probe(address, reference))
        return NO_ANSWER

    async def close(self) -> None:
        """Ask no more."""
        probes = tuple(self._probes.values())
        for probe in probes:
            probe.cancel()
        await asyncio.gather(*probes, return_exceptions=True)

    async def _probe(self, address: Address, reference: HttpRef) -> None:
        try:
            async with self._probe_slots:
                answer = await self._ask(reference)
        finally:
            del self._probes[address]
        if answer is NO_ANSWER:
            self._note_unreachable(address)
        else:
            self._unreachable.pop(address, None)
            self.recovered(reference.pod)

    async def _ask(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        host = f"[{reference.host}]" if ":" in reference.host else reference.host
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._answer(f"{reference.scheme}://{host}:{reference.port}{reference.path}")
        except (TimeoutError, httpx2.TimeoutException):
            return NO_ANSWER
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            return Unreachable(str(error) or type(error).__name__)

    def _note_unreachable(self, address: Address) -> None:
        self._unreachable.pop(address, None)
        self._unreachable[address] = loop_time()
        while loop_time() - self._unreachable[oldest := next(iter(self._unreachable))] >= FORGET_AFTER:
            del self._unreachable[oldest]

    async def _answer(self, url: str) -> HttpAnswer | Unreachable:
        """The answer as it comes over the wire, if it is short: whoever runs the pod decides what it sends."""
        body = bytearray()
        async with self._client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as response:
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    return Unreachable(f"an answer of more than {MAX_ANSWER_BYTES} bytes")
        return HttpAnswer(response.status_code, bytes(body))


@asynccontextmanager
async def reachable_pods(transport: httpx2.AsyncBaseTransport | None = None) -> AsyncIterator[Pods]:
    """A client for pods. Another transport stands in for the network in tests; proxies are for the outside world."""
    context = _trusting()
    transport = transport or AiohttpTransport(lambda: context, idle_seconds=0)  # there are many, each asked seldom
    client = httpx2.AsyncClient(
        transport=transport, timeout=TIMEOUT, trust_env=False, headers={"User-Agent": USER_AGENT}, cookies=no_cookies()
    )
    async with client:
        pods = Pods(client)
        try:
            yield pods
        finally:
            await pods.close()


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
