"""The way between an operator and servers' monitor ports, in place of the operator's own client: it fails, too."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args
from urllib.parse import urlsplit

import httpx2

if TYPE_CHECKING:
    from tests.simulation.pods import Pods

AnswerFault: TypeAlias = Literal[
    "no connection",
    "no answer",
    "cut off",
    "error 500",
    "page of a proxy",
    "redirect",
    "no JSON",
    "a list",
    "half of it",
    "other types",
    "too long",
    "late",  # and good
    "another server's",  # the address is somebody else's by now
]

LATE, TOO_LATE = 1.5, 60.0
TOO_LONG: Final = 2**21


class PodNetwork(httpx2.AsyncBaseTransport):
    """share: of how many answers something is wrong. asked: when a server was asked."""

    def __init__(self, pods: Pods | None, now: Callable[[], datetime], chance: random.Random) -> None:
        self._pods = pods
        self._now = now
        self._chance = chance
        self.share = 0.0
        self.asked: list[datetime] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(self._now())
        await asyncio.sleep(self._chance.uniform(0.0005, 0.02))
        server = self._pods.server_at(request.url.host) if self._pods else None
        if self._pods is None or server is None or not server.listens:
            raise httpx2.ConnectError("connection refused")
        path = urlsplit(request.url.raw_path.decode()).path
        answer = server.varz(self._now(), others=self._pods.others_than(server)) if path == "/varz" else None
        if answer is None:
            return _response(404, "404 page not found")
        if self._chance.random() < self.share:
            return await self._fail(self._chance.choice(get_args(AnswerFault)), answer)
        return _response(200, answer)

    async def _fail(self, fault: AnswerFault, answer: str) -> httpx2.Response:
        match fault:
            case "no connection":
                raise httpx2.ConnectError("no route to host (a fault)")
            case "cut off":
                raise httpx2.ReadError("connection reset (a fault)")
            case "no answer":
                await asyncio.sleep(TOO_LATE)
            case "late":
                await asyncio.sleep(LATE)
            case _:
                return _response(*_wrong(fault, json.loads(answer)))
        return _response(200, answer)


def _wrong(fault: AnswerFault, told: dict[str, object]) -> tuple[int, str]:
    answers: dict[str, tuple[int, str]] = {
        "error 500": (500, "internal error"),
        "page of a proxy": (503, "<html>Service Unavailable</html>"),
        "redirect": (302, ""),
        "no JSON": (200, "<html>welcome</html>"),
        "a list": (200, "[1, 2]"),
        "half of it": (200, json.dumps(told)[:40]),
        "other types": (200, json.dumps(dict.fromkeys(told, 7))),
        "too long": (200, json.dumps({**told, "more": "x" * TOO_LONG})),
        "another server's": (200, json.dumps({**told, "config_digest": f"sha256:{0:064x}"})),
    }
    return answers[fault]


def _response(status: int, text: str) -> httpx2.Response:
    headers = {"Location": "http://169.254.169.254/"} if status == 302 else {}
    return httpx2.Response(status, headers=headers, stream=httpx2.ByteStream(text.encode()))
