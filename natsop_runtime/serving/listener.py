"""A port that serves HTTP requests on the operator's event loop, with limits for clients.

aiohttp parses requests and writes responses. Connections are accepted here: asyncio's servers accept up to a hundred
before they read from one of them, and each takes 300 KiB during its TLS handshake.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from natsop_runtime.serving.connection import Connection

if TYPE_CHECKING:
    import ssl

    from natsop_runtime.bind_address import BindAddress
    from natsop_runtime.serving.connection import Handler

CONNECTIONS: Final = 64
"""Concurrent connections, including handshakes. For one more, a connection of the address with the most is closed: the
oldest one that does not wait for a response, if there is one. So one client cannot keep others out. A new connection
gets 503 only when no address has more than its own, and all of these wait for a response."""

HANDSHAKE_TIMEOUT: Final = 10.0
CONNECTION_TIMEOUT: Final = 30.0
"""Seconds for a connection: it serves one request, and slow clients must not keep others out."""

UNTIL_NEXT: Final = 0.1
"""Seconds to wait after a connection could not be accepted."""

SHUTDOWN_TIMEOUT: Final = 2.0
"""Seconds for current requests when the port is closed."""

log = logging.getLogger(__name__)


class ListenError(Exception):
    """Listening failed; the message says why, in one line."""


@asynccontextmanager
async def listening(handler: Handler, address: BindAddress, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve requests at the address until the context ends; yields the port. Raises ListenError."""
    with await _bound(address) as port:
        port.setblocking(False)
        connections = _Connections(handler, tls)
        accepting = asyncio.create_task(connections.accept(port))
        try:
            yield port.getsockname()[1]
        finally:
            accepting.cancel()
            await asyncio.wait([accepting])
            port.close()
            await connections.finish()


class _Connections:
    """The open connections of a port, and their tasks, in the order in which they came."""

    def __init__(self, handler: Handler, tls: ssl.SSLContext | None) -> None:
        self._handler = handler
        self._tls = tls
        self._open: dict[Connection, asyncio.Task[None]] = {}

    async def accept(self, port: socket.socket) -> None:
        """Accept connections until cancelled."""
        while True:
            try:
                client, address = await asyncio.get_running_loop().sock_accept(port)
            except OSError:  # the client is gone, or too many files are open
                await asyncio.sleep(UNTIL_NEXT)
                continue
            connection = Connection(str(address[0]), self._handler, is_surplus=self._is_full)
            self._open[connection] = asyncio.create_task(self._serve(connection, client))
            if self._is_full():
                self._make_room(connection)
            await asyncio.sleep(0)  # sock_accept alone does not yield while many clients wait

    def _is_full(self) -> bool:
        return len(self._open) > CONNECTIONS

    def _make_room(self, newest: Connection) -> None:
        numbers = Counter(each.peer for each in self._open)
        most = max(numbers.values())
        candidates = [each for each in self._open if numbers[each.peer] == most]
        leaving = next((each for each in candidates if not each.is_answering), candidates[0])
        if leaving is not newest:
            self._open.pop(leaving).cancel()

    async def _serve(self, connection: Connection, client: socket.socket) -> None:
        try:
            async with asyncio.timeout(CONNECTION_TIMEOUT):
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: connection,
                    client,
                    ssl=self._tls,
                    ssl_handshake_timeout=HANDSHAKE_TIMEOUT if self._tls else None,
                )
                await connection.lost
        except OSError:  # TLS failures and timeouts among others
            pass
        except Exception as error:  # an internal error must not keep other clients out
            log.error("could not serve a connection: %s", type(error).__name__)
        finally:
            self._open.pop(connection, None)
            connection.abort()

    async def finish(self) -> None:
        """Close all connections; current requests get some time for their responses."""
        for connection, task in self._open.items():
            if not connection.has_request:
                task.cancel()
        if tasks := tuple(self._open.values()):
            await asyncio.wait(tasks, timeout=SHUTDOWN_TIMEOUT)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


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
