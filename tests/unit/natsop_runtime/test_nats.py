"""Asking pods, which may be anybody's: what they answer is taken as it comes, and they keep nobody waiting."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator

import httpx2
import pytest
import trustme

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.kinds import PODS
from natsop_core.references import HttpRef
from natsop_runtime import nats
from natsop_runtime.transport import USER_AGENT
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.servers import OK, Server, serving


def ask(host: str, transport: httpx2.MockTransport) -> HttpAnswer | Unreachable:
    async def story() -> HttpAnswer | Unreachable:
        async with nats.reachable_pods(transport) as pods:
            return await pods.get(HttpRef(PODS.key("prod", "c-0"), host, 8222, "/varz?x=1"))

    return asyncio.run(story())


@pytest.mark.parametrize(("host", "url"), [("10.0.0.1", "http://10.0.0.1:8222"), ("fd00::1", "http://[fd00::1]:8222")])
def test_a_pods_answer_is_handed_on_as_it_is(host: str, url: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert str(request.url) == f"{url}/varz?x=1"
        return httpx2.Response(503, content=in_parts(b"not ", b"yet"))

    assert ask(host, httpx2.MockTransport(answer)) == HttpAnswer(503, b"not yet")


@pytest.mark.parametrize("named", ["c.prod.svc", "127.0.0.1"])
def test_a_pod_is_asked_over_tls_whatever_its_certificate_says(named: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(named).configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", ssl=context)
        async with server, nats.reachable_pods() as pods:
            port = server.sockets[0].getsockname()[1]
            found = await pods.get(HttpRef(PODS.key("prod", "c-0"), "127.0.0.1", port, "/varz", "https"))
            assert found == HttpAnswer(200, b"ok")

    asyncio.run(story())


def test_a_pod_cannot_fill_the_operators_memory() -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=in_parts(*[bytes(2**18)] * 1000))

    assert isinstance(ask("10.0.0.1", httpx2.MockTransport(answer)), Unreachable)


async def in_parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_pod_out_of_reach_is_no_error() -> None:
    def refuse(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    assert ask("10.0.0.1", httpx2.MockTransport(refuse)) == Unreachable("connection refused")


@pytest.mark.parametrize("cookie", [b"a=1", b"\xff=1"])
def test_what_a_pod_wants_remembered_is_not(cookie: bytes) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, headers=[(b"Set-Cookie", cookie)], content=in_parts(b"ok"))

    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(answer)) as pods:
            for _ in range(2):
                found = await pods.get(HttpRef(PODS.key("prod", "c-0"), "10.0.0.1", 8222, "/varz"))
                assert found == HttpAnswer(200, b"ok")

    asyncio.run(story())
    assert "Cookie" not in asked[-1].headers


def test_who_did_not_answer_in_time_is_not_asked_again_for_a_while() -> None:
    asked: list[str] = []

    async def dawdle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        await asyncio.sleep(3600)
        raise AssertionError

    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(dawdle)) as pods:
            for pause in (0, 1, nats.OUT_OF_REACH):
                await asyncio.sleep(pause)
                for host in ("10.0.0.1", "10.0.0.2"):
                    await pods.get(HttpRef(PODS.key("prod", "c-0"), host, 8222, "/varz"))

    in_virtual_time(story)
    assert asked == ["10.0.0.1", "10.0.0.2"] * 2


def test_a_pod_that_takes_too_long_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats, "PATIENCE", 0.01)

    async def dawdle(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(10)
        raise AssertionError

    assert isinstance(ask("10.0.0.1", httpx2.MockTransport(dawdle)), Unreachable)


def ask_server(*answers: bytes) -> tuple[HttpAnswer | Unreachable, Server]:
    """What a pod's answer comes to, over a real connection, and the server that was the pod."""
    server = Server(*answers)

    async def story() -> HttpAnswer | Unreachable:
        async with serving(server), nats.reachable_pods() as pods:
            return await pods.get(HttpRef(PODS.key("prod", "c-0"), "127.0.0.1", server.port, "/varz"))

    return asyncio.run(story()), server


def test_a_pod_sends_us_nowhere() -> None:
    """It could be the address of a cloud's metadata server."""
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 2\r\n\r\nno"
    answer, server = ask_server(redirect, OK)
    assert answer == HttpAnswer(302, b"no")
    assert len(server.requests) == 1


def test_what_a_pod_compresses_unasked_stays_as_it_is() -> None:
    """A few bytes may unpack to any number of them."""
    packed = gzip.compress(b"a" * 1000)
    answer, server = ask_server(
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(packed), packed)
    )
    assert answer == HttpAnswer(200, packed)
    assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]


def test_a_pod_is_told_who_asks_and_nothing_secret() -> None:
    _, server = ask_server(OK)
    assert f"\r\nUser-Agent: {USER_AGENT}\r\n".encode() in server.requests[0]
    assert b"authorization" not in server.requests[0].lower()


def test_only_so_many_pods_are_asked_at_the_same_time_and_each_has_its_time_from_then_on() -> None:
    now = most = 0

    async def dawdle(_request: httpx2.Request) -> httpx2.Response:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(nats.PATIENCE * 0.75)
        now -= 1
        return httpx2.Response(200, content=in_parts(b"ok"))

    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(dawdle)) as pods:
            references = [
                HttpRef(PODS.key("prod", f"c-{number}"), f"10.0.{number // 250}.{number % 250}", 8222, "/varz")
                for number in range(2 * nats.AT_ONCE)
            ]
            assert set(await asyncio.gather(*map(pods.get, references))) == {HttpAnswer(200, b"ok")}

    in_virtual_time(story)
    assert most == nats.AT_ONCE
