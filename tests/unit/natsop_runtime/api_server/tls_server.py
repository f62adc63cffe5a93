"""An API server over TLS, with certificates that can be changed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trustme


class ApiServer:
    """Over TLS, with certificates that can be changed. It takes one token, or any when there is none.

    authority: whose certificate it shows from now on. clients: whose client certificates it takes, if it asks for any.
    """

    def __init__(self, *, clients: trustme.CA | None = None) -> None:
        self.token = ""
        self.heard: list[str] = []
        self.connections = 0
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if clients:
            self.context.verify_mode = ssl.CERT_REQUIRED
            clients.configure_trust(self.context)
        self.authority = trustme.CA()
        self.show(self.authority)
        self.port = 0

    def show(self, authority: trustme.CA) -> None:
        self.authority = authority
        authority.issue_cert("127.0.0.1").configure_cert(self.context)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self._answer((await reader.readuntil(b"\r\n\r\n")).decode(), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        shown = headers.get("Authorization", "").removeprefix("Bearer ")
        self.heard.append(shown)
        status = "200 OK" if self.token in ("", shown) else "401 Unauthorized"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n{{}}".encode())


@asynccontextmanager
async def listening(server: ApiServer) -> AsyncIterator[None]:
    tcp = await asyncio.start_server(server, "127.0.0.1", 0, ssl=server.context)
    server.port = tcp.sockets[0].getsockname()[1]
    yield
    tcp.close()
