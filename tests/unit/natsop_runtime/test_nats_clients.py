"""Who is asked together, over which connections, and how errors of a pod are told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from natsop_core.actions import Credentials, Request, RequestTls
from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.kinds import PODS
from natsop_core.outcomes import Answered, Failed, Outcomes
from natsop_core.references import HttpRef
from natsop_runtime import nats
from natsop_runtime.nats import NO_ANSWER, PROBE_AFTER, NatsRequests
from natsop_runtime.transport import AiohttpTransport
from tests.unit.natsop_runtime.fake_nats import request
from tests.unit.natsop_runtime.lease_api import in_virtual_time

POD = HttpRef(PODS.key("prod", "c-0"), "10.0.0.1", 8222, "/varz")


class Transport(httpx2.AsyncBaseTransport):
    """Does as it is told with each request, and notes them and that it was closed."""

    def __init__(self, answer: Callable[[], httpx2.Response]) -> None:
        self.answer = answer
        self.requests: list[httpx2.Request] = []
        self.is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.answer()

    async def aclose(self) -> None:
        self.is_closed = True


def ok() -> httpx2.Response:
    return httpx2.Response(200, stream=httpx2.ByteStream(b"ok"))


def ask(transport: Transport) -> HttpAnswer | Unreachable:
    async def story() -> HttpAnswer | Unreachable:
        async with nats.reachable_pods(transport) as pods:
            answer = await pods.get(POD)
            assert not transport.is_closed
            return answer

    return in_virtual_time(story)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx2.InvalidURL("no host"), "no host"),
        (ValueError("no header"), "no header"),
        (httpx2.ReadError(""), "ReadError"),
    ],
)
def test_an_error_of_a_pod_is_told_in_words(error: Exception, words: str) -> None:
    def fail() -> httpx2.Response:
        raise error

    assert ask(Transport(fail)) == Unreachable(words)


def test_a_pod_is_asked_without_a_proxy_and_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setattr(nats, "TIMEOUT", 3.5)
    transport = Transport(ok)
    assert ask(transport) == HttpAnswer(200, b"ok")
    [asked] = transport.requests
    assert set(asked.extensions["timeout"].values()) == {3.5}
    assert transport.is_closed


def test_connections_to_pods_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[float] = []

    def noted(context: Callable[[], ssl.SSLContext], *, idle_seconds: float) -> AiohttpTransport:
        kept.append(idle_seconds)
        return AiohttpTransport(context, idle_seconds=idle_seconds)

    async def story() -> None:
        async with nats.reachable_pods():
            pass

    monkeypatch.setattr(nats, "AiohttpTransport", noted)
    asyncio.run(story())
    assert kept == [0]


def test_a_pod_that_does_not_answer_a_probe_is_probed_again() -> None:
    def never() -> httpx2.Response:
        raise httpx2.ReadTimeout("")

    async def story() -> None:
        transport = Transport(never)
        async with nats.reachable_pods(transport) as pods:
            for asked in (1, 2, 3):
                assert await pods.get(POD) is NO_ANSWER
                await asyncio.sleep(PROBE_AFTER)
                assert len(transport.requests) == asked

    in_virtual_time(story)


def test_only_requests_to_the_same_servers_by_the_same_user_in_the_same_way_share_a_connection() -> None:
    together: list[list[str]] = []

    async def note(requests: Sequence[Request]) -> Outcomes:
        together.append([each.key.name for each in requests])
        return {each.key: Answered(b"") for each in requests}

    def named(name: str, server: str = "nats://a", **changes: Any) -> Request:
        return replace(request(server, name=name), **changes)

    requests = [
        named("1"),
        named("2", "nats://b"),
        named("3", credentials=Credentials(user="u", password="p")),  # noqa: S106
        named("4", tls=RequestTls("a", b"")),
        named("5"),
    ]
    asyncio.run(NatsRequests(lambda: None, note).send(requests))
    assert sorted(together) == [["1", "5"], ["2"], ["3"], ["4"]]


def test_requests_are_sent_by_the_client_that_is_loaded_for_them() -> None:
    asked = request()
    assert asyncio.run(nats.converse([asked])) == {asked.key: Failed("no server is running", 1.0)}
