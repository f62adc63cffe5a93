"""Asking pods, which may be anybody's: what they answer is taken as it comes, and they keep nobody waiting."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from itertools import pairwise

import httpx2
import pytest
import trustme

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.kinds import PODS
from natsop_core.references import HttpRef, ObjectKey
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


class Answers:
    """Pods, of which those in `mute` never answer; `asked` says which were asked, and when."""

    def __init__(self, *mute: str) -> None:
        self.mute = set(mute)
        self.asked: list[tuple[str, float]] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append((request.url.host, now()))
        if request.url.host in self.mute:
            await asyncio.sleep(3600)
        return httpx2.Response(200, content=in_parts(b"ok"))


def now() -> float:
    return asyncio.get_running_loop().time()


def monitor(host: str) -> HttpRef:
    return HttpRef(PODS.key("prod", f"pod-{host}"), host, 8222, "/varz")


def test_who_did_not_answer_in_time_is_asked_again_after_a_while_and_nobody_waits_for_that() -> None:
    async def story() -> None:
        answers = Answers("10.0.0.1")
        async with nats.reachable_pods(httpx2.MockTransport(answers)) as pods:
            assert await pods.get(monitor("10.0.0.1")) == nats.NO_ANSWER
            assert now() == nats.TIMEOUT
            for _ in range(60):
                begun = now()
                assert await pods.get(monitor("10.0.0.1")) == nats.NO_ANSWER
                assert now() == begun
                await asyncio.sleep(1)
            pauses = [later - earlier for (_, earlier), (_, later) in pairwise(answers.asked)]
            assert len(pauses) == 1
            assert nats.PROBE_AFTER <= pauses[0] <= nats.PROBE_AFTER + nats.TIMEOUT + 1
            assert await pods.get(monitor("10.0.0.2")) == HttpAnswer(200, b"ok")

    in_virtual_time(story)


def test_who_answers_again_is_told_of_once_and_asked_as_before() -> None:
    async def story() -> None:
        answers, recovered = Answers("10.0.0.1"), list[ObjectKey]()
        async with nats.reachable_pods(httpx2.MockTransport(answers)) as pods:
            pods.recovered = recovered.append
            await pods.get(monitor("10.0.0.1"))
            answers.mute.clear()
            await asyncio.sleep(nats.PROBE_AFTER)
            assert {await pods.get(monitor("10.0.0.1")) for _ in range(2)} == {nats.NO_ANSWER}
            assert recovered == []
            await asyncio.sleep(0.1)
            assert recovered == [PODS.key("prod", "pod-10.0.0.1")]
            assert await pods.get(monitor("10.0.0.1")) == HttpAnswer(200, b"ok")
            assert len(answers.asked) == 3

    in_virtual_time(story)


def test_many_unreachable_pods_keep_no_reachable_one_waiting() -> None:
    hosts = [f"10.1.{number // 200}.{number % 200}" for number in range(2 * nats.AT_ONCE)]

    async def story() -> None:
        answers = Answers(*hosts)
        async with nats.reachable_pods(httpx2.MockTransport(answers)) as pods:
            await asyncio.gather(*(pods.get(monitor(host)) for host in hosts))
            await asyncio.sleep(nats.PROBE_AFTER)
            begun = now()
            await asyncio.gather(*(pods.get(monitor(host)) for host in hosts))
            assert await pods.get(monitor("10.0.0.1")) == HttpAnswer(200, b"ok")
            assert now() == begun
            assert len(answers.asked) == len(hosts) + nats.PROBES_AT_ONCE + 1

    in_virtual_time(story)


def test_an_unreachable_pod_that_is_gone_is_forgotten() -> None:
    async def story() -> None:
        answers = Answers("10.0.0.1", "10.0.0.2")
        async with nats.reachable_pods(httpx2.MockTransport(answers)) as pods:
            await pods.get(monitor("10.0.0.1"))
            await asyncio.sleep(nats.FORGET_AFTER)
            await pods.get(monitor("10.0.0.2"))
            assert [address for address, _ in pods._unreachable] == ["10.0.0.2"]  # noqa: SLF001

    in_virtual_time(story)


def test_a_pod_that_takes_too_long_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats, "TIMEOUT", 0.01)

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
        await asyncio.sleep(nats.TIMEOUT * 0.75)
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


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_an_answer_may_be_a_mebibyte_long(more: int, is_read: bool) -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=in_parts(bytes(nats.MAX_ANSWER_BYTES + more)))

    assert isinstance(ask("10.0.0.1", httpx2.MockTransport(answer)), HttpAnswer) is is_read


def test_a_timeout_of_the_connection_is_no_answer_in_time_either() -> None:
    def time_out(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectTimeout("no SYN-ACK")

    assert ask("10.0.0.1", httpx2.MockTransport(time_out)) is nats.NO_ANSWER


def test_probes_end_with_the_operator() -> None:
    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(Answers("10.0.0.1"))) as pods:
            await pods.get(monitor("10.0.0.1"))
            await asyncio.sleep(nats.PROBE_AFTER)
            await pods.get(monitor("10.0.0.1"))
            await asyncio.sleep(0.1)
            told = now()
        assert now() == told
        assert asyncio.all_tasks() == {asyncio.current_task()}

    in_virtual_time(story)
