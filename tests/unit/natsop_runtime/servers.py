"""A server that sends exactly what a test wants it to."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request with the next of `answers`; an answer that ends the connection does so after its bytes."""

    def __init__(self, *answers: bytes, closes: bool = False, never_reads: bool = False) -> None:
        self.answers = list(answers)
        self.closes = closes
        self.never_reads = never_reads
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""
        self.port = 0
        self.asked, self.ended = asyncio.Event(), asyncio.Event()

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.never_reads:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            await self.ended.wait()  # a writer that nobody holds closes its connection, since Python 3.13
        try:
            while True:
                await self.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
            self.ended.set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self.requests.append(head + await reader.readexactly(sum(length)))
        self.asked.set()
        if self.answers:
            writer.write(self.answers.pop(0))
            if self.closes:
                writer.close()
                raise ConnectionError


@asynccontextmanager
async def serving(server: Server, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    listening = await asyncio.start_server(server, "127.0.0.1", 0, ssl=context)
    scheme, port = "https" if context else "http", listening.sockets[0].getsockname()[1]
    server.port = port
    server.url = f"{scheme}://127.0.0.1:{port}/path?a=b"
    yield server
    listening.close()
