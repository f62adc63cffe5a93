"""HTTP by aiohttp, against a server that sends exactly what a test wants it to."""

from __future__ import annotations

import asyncio
import gzip
import ssl

import httpx2
import pytest
import trustme

from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.transport import AiohttpTransport
from tests.unit.natsop_runtime.servers import OK, Server
from tests.unit.natsop_runtime.wire import one_request, told, two_requests


def test_a_request_arrives_whole_and_its_answer_comes_back() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> httpx2.Response:
        return await client.patch(server.url, content=b"body", headers={"X-Kind": "none"})

    server = Server(b"HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok")
    answer = told(server, story)
    assert (answer.status_code, answer.headers["x-a"], answer.text) == (201, "1", "ok")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"PATCH /path?a=b HTTP/1.1\r\n")
    assert b"X-Kind: none" in head
    assert body == b"body"


def test_the_next_request_uses_the_same_connection() -> None:
    server = Server(OK, OK)
    assert told(server, two_requests) == ["ok", "ok"]
    assert server.connections == 1


def test_requests_at_the_same_time_have_a_connection_each() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> list[httpx2.Response]:
        return list(await asyncio.gather(client.get(server.url), client.get(server.url)))

    server = Server(OK, OK)
    told(server, story)
    assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_a_server_that_will_close_the_connection_is_taken_at_its_word(answer: bytes) -> None:
    server = Server(answer, OK)
    assert told(server, two_requests) == ["ok", "ok"]
    assert server.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> list[str]:
        first = (await client.get(server.url)).text
        await server.ended.wait()
        await asyncio.sleep(0.05)  # until we have heard of it, too
        return [first, (await client.get(server.url)).text]

    server = Server(OK, OK, closes=True)
    assert told(server, story) == ["ok", "ok"]


def test_a_connection_is_not_kept_for_long() -> None:
    server = Server(OK, OK)
    assert told(server, two_requests, idle_seconds=0) == ["ok", "ok"]
    assert server.connections == 2


def test_an_answer_that_is_not_read_to_its_end_takes_its_connection_along() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> str:
        async with client.stream("GET", server.url) as unread:
            assert unread.status_code == 200
        await server.ended.wait()
        return (await client.get(server.url)).text

    assert told(Server(OK[:-1], OK), story) == "ok"


def test_a_stream_comes_as_it_is_sent() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> list[bytes]:
        async with client.stream("GET", server.url) as answer:
            return [part async for part in answer.aiter_raw()]

    parts = [b"{}\n" * 3, b"x" * 200_000]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    server = Server(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    received = told(server, story)
    assert b"".join(received) == b"".join(parts)
    assert received[0].startswith(b"{}\n")


def test_hints_before_the_answer_are_passed_over() -> None:
    server = Server(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)
    assert told(server, one_request).text == "ok"


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        with pytest.raises(httpx2.ReadTimeout):
            await client.get(server.url)
        await server.ended.wait()

    told(Server(), story, timeout=httpx2.Timeout(5, read=0.05))


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\n", OK[:-1], b"SSH-2.0-OpenSSH\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x"],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        with pytest.raises(httpx2.RemoteProtocolError):
            await client.get(server.url)

    told(Server(answer, answer, closes=True), story)  # aiohttp asks twice where that can do no harm


def test_a_server_that_is_not_there_is_an_error_that_names_it() -> None:
    async def story(client: httpx2.AsyncClient, _server: Server) -> None:
        with pytest.raises(httpx2.ConnectError, match=r"^Cannot connect to host 127[^<]*$"):
            await client.get("http://127.0.0.1:1/")

    told(Server(), story)


def test_a_server_that_never_finishes_its_handshake_is_not_waited_for() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get(server.url.replace("http:", "https:"))

    context = ssl.create_default_context()
    told(Server(never_reads=True), story, timeout=httpx2.Timeout(5, connect=0.1), ours=context)


def test_a_certificate_that_is_trusted_and_one_that_is_not() -> None:
    authority, theirs = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)
    ours = ssl.create_default_context()
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        told(Server(OK), one_request, ours=ours, theirs=theirs)
    authority.configure_trust(ours)
    assert told(Server(OK, OK), two_requests, ours=ours, theirs=theirs) == ["ok", "ok"]


def test_a_closed_gate_lets_no_byte_out() -> None:
    async def closed(event: str, _details: object) -> None:
        assert event == "http11.send_request_headers.started"
        raise LeadershipLostError

    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        with pytest.raises(LeadershipLostError):
            await client.get(server.url, extensions={"trace": closed})
        await server.ended.wait()

    server = Server(OK)
    told(server, story)
    assert server.requests == []


def test_a_gate_that_closes_behind_the_head_lets_no_byte_out_either() -> None:
    events: list[str] = []

    async def closes(event: str, _details: object) -> None:
        events.append(event)
        if len(events) > 1:
            raise LeadershipLostError

    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        with pytest.raises(httpx2.TransportError):
            await client.patch(server.url, content=b"body", extensions={"trace": closes})
        await server.ended.wait()

    server = Server(OK)
    told(server, story)
    assert events == ["http11.send_request_headers.started", "http11.send_request_body.started"]
    assert server.requests == []


def test_a_request_that_is_cancelled_takes_its_connection_along() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        request = asyncio.create_task(client.get(server.url))
        await server.asked.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
        await server.ended.wait()

    told(Server(), story)


def test_cookies_are_neither_kept_nor_sent() -> None:
    """By a name, since for addresses aiohttp keeps none anyway."""

    async def story(_client: httpx2.AsyncClient, server: Server) -> None:
        transport = AiohttpTransport(ssl.create_default_context, idle_seconds=60)
        url = server.url.replace("127.0.0.1", "localhost")
        for _ in range(2):
            answer = await transport.handle_async_request(httpx2.Request("GET", url))
            await answer.aread()
        await transport.aclose()

    server = Server(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 2\r\n\r\nok", OK)
    told(server, story)
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


def test_a_redirect_is_an_answer_like_others() -> None:
    server = Server(b"HTTP/1.1 307 Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", OK)
    answer = told(server, one_request)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/elsewhere")
    assert len(server.requests) == 1


@pytest.mark.parametrize("method", ["get", "stream"])
def test_a_compressed_answer_is_unpacked_once(method: str) -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> bytes:
        if method == "get":
            return (await client.get(server.url)).content
        async with client.stream("GET", server.url) as answer:
            return b"".join([part async for part in answer.aiter_bytes()])

    packed = gzip.compress(b"one and only")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    server = Server(head + packed)
    assert told(server, story) == b"one and only"
    assert b"gzip" in server.requests[0].lower().partition(b"accept-encoding:")[2].partition(b"\r\n")[0]


def test_a_connection_made_with_another_context_is_not_used() -> None:
    async def story(_client: httpx2.AsyncClient, server: Server) -> None:
        contexts = iter([trusting(), trusting()])
        transport = AiohttpTransport(lambda: next(contexts), idle_seconds=60)
        async with httpx2.AsyncClient(transport=transport) as client:
            await client.get(server.url)
            await client.get(server.url)

    authority, theirs = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(theirs)

    def trusting() -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    server = Server(OK, OK)
    told(server, story, theirs=theirs)
    assert server.connections == 2


def test_only_the_headers_of_the_request_are_sent() -> None:
    async def story(_client: httpx2.AsyncClient, server: Server) -> None:
        transport = AiohttpTransport(ssl.create_default_context, idle_seconds=60)
        request = httpx2.Request("POST", server.url, headers={"X-A": "1"}, content=b"x")
        await (await transport.handle_async_request(request)).aread()
        await transport.aclose()

    server = Server(OK)
    told(server, story)
    names = {
        line.partition(b":")[0].lower() for line in server.requests[0].partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]
    }
    assert names == {b"host", b"x-a", b"content-length"}
