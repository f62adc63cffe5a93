"""Servers that speak as much of NATS as a test needs, or misbehave, and the outcomes of requests to them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import pytest
import trustme

from natsop_core.actions import Credentials, Request, RequestKey
from natsop_core.outcomes import Outcome, Outcomes
from natsop_runtime.nats_requests import converse
from tests import tokens

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

SECRETS: Final = Credentials(user="operator", password="hunter2-hunter2")  # noqa: S106
SEED: Final = tokens.user().seed
CREDS: Final = tokens.decorated("NATS USER JWT", "a.b.c") + tokens.decorated("USER NKEY SEED", SEED)


def request(*servers: str, name: str = "ask", **of: Any) -> Request:
    return Request(RequestKey("prod", "c", name), servers, f"subject.{name}", b"?", **of)


IDENTITIES: Final = [
    pytest.param(SECRETS, id="user"),
    pytest.param(Credentials(nkey_seed=SEED), id="nkey"),
    pytest.param(Credentials(creds=CREDS), id="creds"),
    pytest.param(Credentials(), id="nobody"),
]


class FakeServer:
    """Speaks as much of the protocol as a test needs, and remembers each line that it is sent."""

    def __init__(self, *, reply: bytes = b"+OK", silent: bool = False, welcome: str = "PONG\r\n", **info: Any) -> None:
        self.lines: list[bytes] = []
        self.connections = 0
        self._reply = reply
        self._silent = silent
        self._welcome = welcome.encode()
        self._info = {"headers": True, "max_payload": 2**20, **info}

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._silent:
            await reader.read()
            return
        writer.write(b"INFO " + json.dumps(self._info).encode() + b"\r\n")
        with suppress(ConnectionError):
            await self._listen(reader, writer)
        writer.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.lines.append(line)
            if line.startswith(b"PING"):
                writer.write(self._welcome)
            elif line.startswith(b"PUB "):
                await reader.readline()
                self._publish(line, writer)

    def _publish(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        _, _subject, inbox, _size = line.split()
        if self._reply == b"close":
            writer.close()
        elif self._reply:
            writer.write(b"MSG %s 1 %d\r\n%s\r\n" % (inbox, len(self._reply), self._reply))


def outcomes_with(server: Handler, *names: str, context: ssl.SSLContext | None = None, **of: Any) -> Outcomes:
    async def story() -> Outcomes:
        listening = await asyncio.start_server(server, "127.0.0.1", ssl=context)
        port = listening.sockets[0].getsockname()[1]
        async with listening:
            requests = [request(f"nats://127.0.0.1:{port}", name=name, **of) for name in names]
            return await converse(requests)

    return asyncio.run(story())


def outcome_with(server: Handler, **of: Any) -> Outcome:
    [outcome] = outcomes_with(server, "ask", **of).values()
    return outcome


class TlsServer(FakeServer):
    """Asks for TLS, as nats-server does, after its first line."""

    def __init__(self, ca: trustme.CA, name: str, **info: Any) -> None:
        super().__init__(tls_required=True, **info)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(name).configure_cert(self._context)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"INFO " + json.dumps(self._info).encode() + b"\r\n")
        try:
            await writer.start_tls(self._context)
        except (ssl.SSLError, ConnectionError):
            writer.close()
            return
        await self._listen(reader, writer)
        writer.close()
