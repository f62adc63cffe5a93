"""What goes over the wire byte by byte, how long connections stay, and which of httpx2's errors aiohttp's become."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import aiohttp
import httpx2
import pytest

from natsop_runtime.transport import AiohttpTransport, no_cookies
from tests.unit.natsop_runtime.servers import OK, Server
from tests.unit.natsop_runtime.wire import told


def test_an_address_is_sent_as_it_is_and_no_body_is_no_header() -> None:
    async def story(_client: httpx2.AsyncClient, server: Server) -> None:
        transport = AiohttpTransport(ssl.create_default_context, idle_seconds=60)
        url = server.url.replace("a=b", "labelSelector=a%3Db%2Cc%7e")
        await (await transport.handle_async_request(httpx2.Request("GET", url))).aread()
        await transport.aclose()

    server = Server(OK)
    told(server, story)
    assert server.requests[0].startswith(b"GET /path?labelSelector=a%3Db%2Cc%7e HTTP/1.1\r\n")
    assert [line.partition(b":")[0].lower() for line in server.requests[0].splitlines()[1:] if line] == [b"host"]


def test_a_connection_that_is_not_to_be_kept_is_closed_with_the_answer() -> None:
    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        await client.get(server.url)
        await server.ended.wait()

    told(Server(OK), story, idle_seconds=0)


def test_connections_are_closed_with_the_transport() -> None:
    async def story(_client: httpx2.AsyncClient, server: Server) -> None:
        transport = AiohttpTransport(ssl.create_default_context, idle_seconds=60)
        await (await transport.handle_async_request(httpx2.Request("GET", server.url))).aread()
        assert not server.ended.is_set()
        await transport.aclose()
        await server.ended.wait()
        del transport

    told(Server(OK), story)


def test_idle_connections_stay_as_long_as_is_asked_for_and_there_may_be_any_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[dict[str, Any]] = []
    connector = aiohttp.TCPConnector

    def noted(**options: Any) -> aiohttp.TCPConnector:
        asked.append(options)
        return connector(**options)

    async def story() -> None:
        monkeypatch.setattr(aiohttp, "TCPConnector", noted)
        await AiohttpTransport(ssl.create_default_context, idle_seconds=77).aclose()

    asyncio.run(story())
    assert asked == [{"limit": 0, "keepalive_timeout": 77}]


def test_clients_without_cookies_keep_none() -> None:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, headers={"Set-Cookie": "a=1"})

    async def story() -> None:
        async with httpx2.AsyncClient(transport=httpx2.MockTransport(answer), cookies=no_cookies()) as client:
            await client.get("http://example.com/")
            await client.get("http://example.com/")

    asyncio.run(story())
    assert ["Cookie" in each.headers for each in sent] == [False, False]


def test_a_connection_that_fails_is_told_without_the_objects_of_aiohttp() -> None:
    async def story(client: httpx2.AsyncClient, _server: Server) -> str:
        with pytest.raises(httpx2.ConnectError) as refused:
            await client.get("http://127.0.0.1:1/")
        return str(refused.value)

    assert told(Server(), story).startswith("Cannot connect to host 127.0.0.1:1 [")


@pytest.mark.parametrize(
    ("theirs", "ours", "said"),
    [
        (aiohttp.ClientOSError("reset"), httpx2.ReadError, "reset"),
        (aiohttp.ClientConnectionError(), httpx2.WriteError, "ClientConnectionError"),
        (aiohttp.ClientPayloadError("half"), httpx2.RemoteProtocolError, "half"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_each_error_of_aiohttp_is_one_of_httpx2_with_words(
    theirs: Exception, ours: type[Exception], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_arguments: Any, **_options: Any) -> None:
        raise theirs

    async def story(client: httpx2.AsyncClient, server: Server) -> None:
        monkeypatch.setattr(aiohttp.ClientSession, "request", fails)
        with pytest.raises(httpx2.TransportError) as error:
            await client.get(server.url)
        assert (type(error.value), str(error.value)) == (ours, said)

    told(Server(), story)
