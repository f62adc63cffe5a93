"""HTTP/1.1 over asyncio's own streams, for httpx2, in half of the processor time that its own transport takes.

That one goes through a second abstraction of event loops and sends a request's head and body apart. Nothing is
negotiated here: each request has a connection for itself, which the next one takes over if both sides agree to that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import h11
import httpx2

if TYPE_CHECKING:
    import ssl

BEFORE_BYTES: Final = "http11.send_request_headers.started"
"""What the extension `trace` of a request is told right before its first byte is sent, as by httpx's own transport."""

CHUNK: Final = 2**16


class Origin(NamedTuple):
    """Who is at the other end of a connection."""

    is_secure: bool
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait; None: for ever."""

    connect: float | None = None
    read: float | None = None
    write: float | None = None
    pool: float | None = None


class Connection:
    """One connection, with what HTTP says of its state."""

    def __init__(self, origin: Origin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @property
    def is_closed_by_peer(self) -> bool:
        """As far as the event loop has noticed."""
        return self._reader.at_eof() or self._writer.is_closing()

    async def send(self, head: h11.Request, body: bytes, patience: Patience) -> None:
        """Send a whole request, in one piece if it fits."""
        events = (head, h11.Data(data=body), h11.EndOfMessage()) if body else (head, h11.EndOfMessage())
        try:
            self._writer.write(b"".join(self._http.send(event) or b"" for event in events))
            async with asyncio.timeout(patience.write):
                await self._writer.drain()
        except TimeoutError as error:
            raise httpx2.WriteTimeout("the request is not taken") from error
        except h11.LocalProtocolError as error:
            raise httpx2.LocalProtocolError(str(error)) from error
        except OSError as error:
            raise httpx2.WriteError(_said(error)) from error

    async def head(self, patience: Patience) -> h11.Response:
        """The beginning of the answer."""
        while not isinstance(event := await self._next(patience), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise httpx2.RemoteProtocolError("disconnected without an answer")
        return event

    async def body(self, patience: Patience) -> AsyncIterator[bytes]:
        """The rest of the answer, as it comes."""
        while isinstance(event := await self._next(patience), h11.Data):
            yield bytes(event.data)

    def is_reusable(self) -> bool:
        """Whether request and answer are complete and neither side wants to close; the next request may come then."""
        if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE or self.is_closed_by_peer:
            return False
        self._http.start_next_cycle()
        return True

    def close(self) -> None:
        """Close in order."""
        self._writer.close()

    def drop(self) -> None:
        """Close at once, whatever is under way."""
        self._writer.transport.abort()

    async def _next(self, patience: Patience) -> Any:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                async with asyncio.timeout(patience.read):
                    self._http.receive_data(await self._reader.read(CHUNK))
        except TimeoutError as error:
            raise httpx2.ReadTimeout("no answer") from error
        except h11.RemoteProtocolError as error:
            raise httpx2.RemoteProtocolError(str(error)) from error
        except OSError as error:
            raise httpx2.ReadError(_said(error)) from error
        return event


class StreamTransport(httpx2.AsyncBaseTransport):
    """Connections to any number of servers, of which the idle ones are used again within `idle_seconds`."""

    def __init__(self, context: ssl.SSLContext | None = None, *, idle_seconds: float) -> None:
        self._context = context
        self._idle_seconds = idle_seconds
        self._idle: list[Connection] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request, and read the answer up to its body."""
        patience = Patience(**request.extensions.get("timeout", {}))
        body = await request.aread()
        head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
        connection = self._idle_connection(_origin(request.url)) or await self._connect(_origin(request.url), patience)
        try:
            if trace := request.extensions.get("trace"):
                await trace(BEFORE_BYTES, {"request": request})
            await connection.send(head, body, patience)
            answer = await connection.head(patience)
        except BaseException:
            connection.drop()
            raise
        stream = _Body(self, connection, patience)
        return httpx2.Response(answer.status_code, headers=answer.headers.raw_items(), stream=stream)

    async def aclose(self) -> None:
        """Close what is idle; a connection in use goes with the answer that is read over it."""
        while self._idle:
            self._idle.pop().close()

    def release(self, connection: Connection) -> None:
        """Keep the connection for the next request, if it is good for one."""
        if self._idle_seconds and connection.is_reusable():
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.drop()

    def _idle_connection(self, origin: Origin) -> Connection | None:
        """The one that was used last, so that what is not needed grows old."""
        kept, oldest = [], time.monotonic() - self._idle_seconds
        for connection in self._idle:
            if connection.is_closed_by_peer or connection.idle_since < oldest:
                connection.close()
            else:
                kept.append(connection)
        self._idle = kept
        found = next((each for each in reversed(kept) if each.origin == origin), None)
        if found:
            kept.remove(found)
        return found

    async def _connect(self, origin: Origin, patience: Patience) -> Connection:
        context = self._context if origin.is_secure else None
        try:
            async with asyncio.timeout(patience.connect):
                streams = await asyncio.open_connection(origin.host, origin.port, ssl=context)
        except TimeoutError as error:
            raise httpx2.ConnectTimeout(f"no connection to {origin.host}:{origin.port}") from error
        except OSError as error:  # of which an untrusted certificate is one
            raise httpx2.ConnectError(_said(error)) from error
        return Connection(origin, *streams)


class _Body(httpx2.AsyncByteStream):
    """The body of an answer, which gives its connection back."""

    def __init__(self, transport: StreamTransport, connection: Connection, patience: Patience) -> None:
        self._transport = transport
        self._connection = connection
        self._patience = patience

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._connection.body(self._patience):
            yield part

    async def aclose(self) -> None:
        self._transport.release(self._connection)


def _origin(url: httpx2.URL) -> Origin:
    is_secure = url.scheme == "https"
    return Origin(is_secure, url.host, url.port or (443 if is_secure else 80))


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
