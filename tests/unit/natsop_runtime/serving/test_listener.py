"""What strangers may do to a port: be silent, be many, be slow, say too much."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Literal

import httpx2
import pytest
from aiohttp.web import BaseRequest, Response

from natsop_runtime.serving import listener
from natsop_runtime.serving.access import Access
from natsop_runtime.serving.connection import REQUEST_BYTES
from natsop_runtime.serving.listener import CONNECTIONS
from tests.unit.natsop_runtime.serving.served_operator import ANYWHERE, Operator, tell
from tests.unit.natsop_runtime.small_api import until

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def test_who_says_nothing_for_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(operator: Operator) -> None:
        silent = [await asyncio.open_connection("127.0.0.1", operator.ports.probes) for _ in range(2)]
        silent[0][1].write(b"GET /healthz HTTP/1.1\r\n")  # and no more
        for reader, writer in silent:
            assert await reader.read() == b""
            writer.close()

    monkeypatch.setattr(listener, "CONNECTION_TIMEOUT", 0.5)
    tell(story)


def test_probes_are_answered_however_many_connections_hang_at_their_port() -> None:
    """Those that have hung there for longest make room: what they take up is bounded."""

    async def story(operator: Operator) -> None:
        many = CONNECTIONS + 10
        silent = [await asyncio.open_connection("127.0.0.1", operator.ports.probes) for _ in range(many)]
        silent[-1][1].write(b"GET /healthz HTTP/1.1\r\n")  # and no more
        assert (await operator.get("/healthz")).status_code == 200
        for reader, _ in silent[: many - CONNECTIONS + 1]:
            assert await reader.read() == b""
        assert not any(reader.at_eof() for reader, _ in silent[many - CONNECTIONS + 1 :])
        for _, writer in silent:
            writer.close()

    tell(story)


def test_metrics_are_told_however_many_connections_shake_no_hands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener, "HANDSHAKE_TIMEOUT", 3600.0)

    async def story(operator: Operator) -> None:
        many = CONNECTIONS + 10
        silent = [await asyncio.open_connection("127.0.0.1", operator.ports.metrics) for _ in range(many)]
        assert (await operator.scrape("prometheus")).status_code == 200
        for reader, _ in silent[: many - CONNECTIONS + 1]:
            assert await reader.read() == b""
        assert not any(reader.at_eof() for reader, _ in silent[many - CONNECTIONS + 1 :])
        for _, writer in silent:
            writer.close()

    tell(story)


def test_who_waits_for_an_answer_makes_room_for_nobody() -> None:
    asked, may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def answer(_: BaseRequest) -> Response:
        asked.release()
        await may_answer.wait()
        return Response()

    async def story() -> None:
        async with (
            asyncio.timeout(20),
            listener.listening(answer, ANYWHERE) as port,
            httpx2.AsyncClient(timeout=20) as client,
        ):
            waiting = [asyncio.create_task(client.get(f"http://127.0.0.1:{port}/")) for _ in range(CONNECTIONS)]
            for _ in waiting:
                await asked.acquire()
            async with httpx2.AsyncClient() as late:
                for _ in range(2):
                    assert (await late.get(f"http://127.0.0.1:{port}/")).status_code == 503
            may_answer.set()
            assert [(await each).status_code for each in waiting] == [200] * CONNECTIONS

    asyncio.run(story())


async def hang(port: int, number: int, *, address: str, request: bytes = b"") -> list[Connection]:
    """So many connections from an address of this machine."""
    opened = [await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)) for _ in range(number)]
    for _, writer in opened:
        writer.write(request)
    return opened


@pytest.mark.parametrize("port", ["probes", "metrics"])
def test_a_stranger_with_many_connections_loses_one_of_its_own_and_nobody_elses(
    port: Literal["probes", "metrics"],
) -> None:
    async def story(operator: Operator) -> None:
        number = getattr(operator.ports, port)
        ours = await hang(number, 1, address="127.0.0.2")  # the first, which has been idle for longest
        theirs = await hang(number, 3 * CONNECTIONS, address="127.0.0.3")
        for reader, _ in theirs[: 2 * CONNECTIONS]:
            assert await reader.read() == b""
        assert not ours[0][0].at_eof()
        for _, writer in (*ours, *theirs):
            writer.close()

    tell(story)


def test_a_stranger_all_of_whose_connections_wait_for_an_answer_loses_one_to_who_comes_from_elsewhere() -> None:
    asked, may_answer = asyncio.Semaphore(0), asyncio.Event()

    async def answer(request: BaseRequest) -> Response:
        asked.release()
        if request.remote == "127.0.0.3":
            await may_answer.wait()
        return Response()

    async def story() -> None:
        async with asyncio.timeout(20), listener.listening(answer, ANYWHERE) as port:
            request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
            theirs = await hang(port, CONNECTIONS - 1, address="127.0.0.3", request=request)
            for _ in theirs:
                await asked.acquire()
            ours = await hang(port, 2, address="127.0.0.2")
            for reader, writer in ours:
                writer.write(request)
                assert (await reader.readline()).startswith(b"HTTP/1.1 200")
            assert await theirs[0][0].read() == b""
            may_answer.set()

    asyncio.run(story())


def test_headers_have_an_end() -> None:
    async def story(operator: Operator) -> None:
        most = {"Authorization": "Bearer " + "x" * (REQUEST_BYTES - 1000)}
        assert (await operator.get("/healthz", headers=most)).status_code == 200
        reader, writer = await asyncio.open_connection("127.0.0.1", operator.ports.probes)
        writer.write(b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 2 * REQUEST_BYTES)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        writer.close()

    tell(story)


MANY_HEADERS = b"".join(b"X-%d: %s\r\n" % (number, b"x" * 1000) for number in range(REQUEST_BYTES // 1000 + 1))
A_BODY = b"Content-Length: 99999\r\n\r\n" + b"x" * REQUEST_BYTES


@pytest.mark.parametrize("rest", [MANY_HEADERS, A_BODY], ids=["many headers", "a body"])
def test_a_request_has_an_end(rest: bytes) -> None:
    async def story(operator: Operator) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", operator.ports.probes)
        writer.write(b"GET /healthz HTTP/1.1\r\n" + rest)
        assert (await reader.readline()).startswith(b"HTTP/1.1 400")
        await reader.read()
        writer.close()

    tell(story)


def test_a_connection_is_for_one_request() -> None:
    async def story(operator: Operator) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", operator.ports.probes)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
        assert (await reader.read()).count(b"HTTP/1.1 200") == 1
        writer.close()

    tell(story)


def test_who_sends_slowly_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(operator: Operator) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", operator.ports.probes)

        async def send_for_ever() -> None:
            writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
            while True:
                writer.write(b"x")
                await asyncio.sleep(0.05)

        sending = asyncio.create_task(send_for_ever())
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
        sending.cancel()
        writer.close()

    monkeypatch.setattr(listener, "CONNECTION_TIMEOUT", 0.5)
    tell(story)


def test_who_does_not_read_its_response_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sent, served = b"x" * 2**24, asyncio.Event()

    async def answer(_: BaseRequest) -> Response:
        served.set()
        return Response(body=sent)

    async def story() -> None:
        async with asyncio.timeout(20):
            async with listener.listening(answer, ANYWHERE) as port:
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**10)
                writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                await served.wait()
                await until(lambda: len(asyncio.all_tasks()) == 2, "only this test and what accepts are left")
                with suppress(ConnectionResetError):
                    assert len(await reader.read()) < len(sent)
                writer.close()

    monkeypatch.setattr(listener, "CONNECTION_TIMEOUT", 0.5)
    asyncio.run(story())


def test_probes_are_answered_while_all_connections_to_the_metrics_wait_for_a_response(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = asyncio.Semaphore(0)

    async def consider_for_ever(_self: Access, _authorization: str, _peer: str) -> None:
        asked.release()
        await asyncio.Future()

    async def story(operator: Operator) -> None:
        scrapes = [asyncio.create_task(operator.scrape("prometheus")) for _ in range(CONNECTIONS)]
        for _ in scrapes:
            await asked.acquire()
        assert (await operator.scrape("prometheus")).status_code == 503
        for path in ("/healthz", "/readyz"):
            assert (await operator.get(path)).status_code == 200
        for each in scrapes:
            each.cancel()

    monkeypatch.setattr(Access, "refusal", consider_for_ever)
    tell(story)
