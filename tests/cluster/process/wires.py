"""What lies between the operator and the API server, to be cut: a relay of TCP connections in a thread."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

CHUNK: Final = 65536


class Wires:
    """As a context manager. `kubeconfig` leads through it to where the given one leads.

    The relay listens on the API server's own address, for which its certificate is made.
    """

    def __init__(self, kubeconfig: Path) -> None:
        self._given = json.loads(kubeconfig.read_text())
        self.kubeconfig = kubeconfig.with_name(f"{kubeconfig.name}-relayed")
        server = urlsplit(self._given["clusters"][0]["cluster"]["server"])
        self._host, self._port = str(server.hostname), int(server.port or 443)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self.tls_here: ssl.SSLContext | None = None
        self.tls_there: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._do(self._serve()).result()
        self._given["clusters"][0]["cluster"]["server"] = f"https://{self._host}:{port}"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(json.dumps(self._given))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._do(self._end()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> int:
        """End all connections at once; how many there were. New ones are relayed as before."""
        return self._do(self._cut()).result()

    def freeze(self) -> int:
        """Let no byte more through the connections that there are, and tell neither end; how many there were."""
        return self._do(self._freeze()).result()

    def _do(self, what: Coroutine[Any, Any, int]) -> Future[int]:
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    async def _serve(self) -> int:
        self._open.set()
        self._server = await asyncio.start_server(self._connected, self._host, 0, ssl=self.tls_here)
        return int(self._server.sockets[0].getsockname()[1])

    async def _cut(self) -> int:
        connections = {*self._connections}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        return len(connections)

    async def _end(self) -> int:
        assert self._server is not None
        self._server.close()
        return await self._cut()

    async def _freeze(self) -> int:
        self._open.clear()
        self._open = asyncio.Event()
        self._open.set()
        return len(self._connections)

    async def relay_requests(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, may_pass: asyncio.Event
    ) -> None:
        """Relay what the operator sends."""
        await _relay(source, target, may_pass)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        may_pass = self._open
        try:
            there, away = await asyncio.open_connection(self._host, self._port, ssl=self.tls_there)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self.relay_requests(reader, away, may_pass))
                    group.create_task(_relay(there, writer, may_pass))
            finally:
                away.close()
        except (OSError, asyncio.CancelledError, ExceptionGroup):
            pass
        finally:
            writer.close()
            self._connections.discard(task)


async def _relay(source: asyncio.StreamReader, target: asyncio.StreamWriter, may_pass: asyncio.Event) -> None:
    while chunk := await source.read(CHUNK):
        await may_pass.wait()  # for ever, once frozen
        target.write(chunk)
        await target.drain()
    await may_pass.wait()
    target.close()
