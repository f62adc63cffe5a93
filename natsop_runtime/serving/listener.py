"""A port at which the operator's own event loop answers HTTP.

uvicorn's protocol does the talking. Its server is left out: that would catch our signals, end the process when a port
is taken, and wake ten times a second.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

if TYPE_CHECKING:
    import ssl

    from natsop_runtime.bind_address import BindAddress

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
"""An ASGI application."""

CONNECTIONS: Final = 64
"""At once, and as many that shake hands. When one more comes, one goes of the address that has the most, that which has
been idle for longest if one is: nobody has to wait for strangers. Who comes gets 503 only when no address has more than
its own, and all of these wait for an answer."""

HEADER_BYTES: Final = 16 * 1024
"""A token of a ServiceAccount has about 1 KiB, one of an identity provider may have 8."""

TO_SHAKE_HANDS: Final = 10.0
TO_LIVE: Final = 30.0
"""Seconds that a connection may last: it is for one request, and who sends or reads slowly must not keep others out."""

UNTIL_NEXT: Final = 0.1
"""Seconds until the next connection is accepted when one could not be."""

TO_FINISH: Final = 2.0
"""Seconds that requests in hand get when the port is closed."""

log = logging.getLogger(__name__)


class ListenError(Exception):
    """Nobody can listen at the address; the message says why, in one line."""


class _Connection(H11Protocol):
    """A connection that ends, whatever its other side does. uvicorn's waits for a first request for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.end = self.loop.call_later(TO_LIVE, transport.abort)
        if len(self.connections) > CONNECTIONS:
            self._make_room()

    def _make_room(self) -> None:
        here = [each for each in self.connections if isinstance(each, _Connection)]
        greediest = _most_common(each.peer for each in here)
        theirs = sorted((each for each in here if each.peer in greediest), key=lambda each: each.end.when())
        leaving = next((each for each in theirs if each.is_idle), theirs[0])
        if leaving is not self:
            leaving.transport.abort()
            self.connections.discard(leaving)

    @property
    def peer(self) -> str:
        """The address of the other side."""
        return str(self.client[0]) if self.client else ""

    @property
    def is_idle(self) -> bool:
        """Whether there is no request to answer: none has been read yet, or its answer is on its way."""
        return self.cycle is None or self.cycle.response_complete

    def connection_lost(self, exc: Exception | None) -> None:
        self.end.cancel()
        super().connection_lost(exc)


@asynccontextmanager
async def listening(
    application: Application, address: BindAddress, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Answer at the address, and at the port that is yielded, until the context ends. ListenError when it is taken."""
    state = ServerState()
    config = uvicorn.Config(
        application,
        http=_Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level="error",  # what strangers send is no reason to log a line
        access_log=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS + 1,  # for uvicorn, this many are too many already
        h11_max_incomplete_event_size=HEADER_BYTES,
    )
    welcome = partial(
        asyncio.get_running_loop().connect_accepted_socket,
        lambda: _Connection(config, state, {}),
        ssl=tls,
        ssl_handshake_timeout=TO_SHAKE_HANDS if tls else None,
    )
    with await _bound(address) as port:
        port.setblocking(False)
        letting_in = asyncio.create_task(_let_in(port, welcome))
        try:
            yield port.getsockname()[1]
        finally:
            letting_in.cancel()
            await asyncio.wait([letting_in])
            port.close()
            await _finish(state)


async def _let_in(port: socket.socket, welcome: Callable[[socket.socket], Awaitable[object]]) -> None:
    """Accept connections until cancelled, a bounded number at once: each that shakes hands takes 300 KiB.

    asyncio's server would not know how many there are, and accepts up to a hundred before it reads from one of them.
    """
    arriving: dict[asyncio.Task[None], str] = {}  # in their order, with their addresses
    async with asyncio.TaskGroup() as group:
        while True:
            try:
                connection, address = await asyncio.get_running_loop().sock_accept(port)
            except OSError:  # gone again already; or too many files are open, which takes a while
                await asyncio.sleep(UNTIL_NEXT)
                continue
            guest = group.create_task(_arrive(connection, welcome))
            arriving[guest] = str(address[0])
            guest.add_done_callback(lambda done: arriving.pop(done, None))
            if len(arriving) > CONNECTIONS:
                greediest = _most_common(arriving.values())
                oldest = next(task for task, peer in arriving.items() if peer in greediest)
                del arriving[oldest]
                oldest.cancel()
            await asyncio.sleep(0)  # sock_accept alone lets nobody else have a turn while many wait


def _most_common(peers: Iterable[str]) -> set[str]:
    """The addresses of which there are as many as of no other."""
    numbers = Counter(peers)
    most = max(numbers.values())
    return {peer for peer, number in numbers.items() if number == most}


async def _arrive(connection: socket.socket, welcome: Callable[[socket.socket], Awaitable[object]]) -> None:
    try:
        await welcome(connection)
    except OSError:  # of which those of TLS are some
        pass
    except Exception as error:  # a fault of ours must not keep out all others
        log.error("a connection could not be taken: %s", type(error).__name__)


async def _finish(state: ServerState) -> None:
    if state.tasks:
        await asyncio.wait(state.tasks, timeout=TO_FINISH)  # uvicorn would log each that is cancelled as a crash
    for connection in tuple(state.connections):
        connection.transport.close()


async def _bound(address: BindAddress) -> socket.socket:
    """A listening socket; without a host one for all addresses, IPv6 and IPv4 alike where the machine has both."""
    try:
        if not address.host and socket.has_dualstack_ipv6():
            return socket.create_server(("", address.port), family=socket.AF_INET6, dualstack_ipv6=True)
        (family, _, _, _, target), *_ = await asyncio.get_running_loop().getaddrinfo(
            address.host or None, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return socket.create_server(target[:2], family=family)
    except OSError as error:
        why = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
        raise ListenError(f"Cannot listen at {address}: {why}") from error
