"""The NATS servers of all clusters, in place of nats-py and what it connects to: as far as requests get to them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from natsop_core.actions import Request
from natsop_core.outcomes import Answered, Failed, Outcomes
from natsop_runtime.nats_requests import PAUSE, REFUSED, TIMEOUT, UNANSWERED

RequestFault: TypeAlias = Literal[
    "no connection",
    "no answer",  # the requests never arrived
    "answer lost",  # they did, and nobody tells
    "late",
    "refused",
]


class NatsServers:
    """Answers requests with what `answer` makes of each, which also says what the servers remember of it.

    faults: what becomes of the next conversations, one each. heard: the requests that arrived.
    """

    def __init__(self) -> None:
        self.answer: Callable[[Request], bytes] = lambda _request: b"{}"
        self.faults: deque[RequestFault] = deque()
        self.heard: list[Request] = []

    async def converse(self, requests: Sequence[Request]) -> Outcomes:
        """Take in the requests over one connection; see `nats_requests.converse`."""
        match self.faults.popleft() if self.faults else None:
            case "no connection":
                return {each.key: Failed("no connection (a fault)", PAUSE) for each in requests}
            case "refused":
                return {each.key: REFUSED for each in requests}
            case "no answer":
                await asyncio.sleep(TIMEOUT)
                return {each.key: UNANSWERED for each in requests}
            case "answer lost":
                self._hear(requests)
                await asyncio.sleep(TIMEOUT)
                return {each.key: UNANSWERED for each in requests}
            case "late":
                await asyncio.sleep(TIMEOUT - 0.1)
        return self._hear(requests)

    def _hear(self, requests: Sequence[Request]) -> Outcomes:
        self.heard.extend(requests)
        return {each.key: Answered(self.answer(each)) for each in requests}
