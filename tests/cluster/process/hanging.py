"""What never answers: a request to the API server, a webhook, the monitors of pods."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import trustme

from natsop_runtime.tls import verify_like_go
from tests.cluster.process.wires import CHUNK, Wires


class HangingRequests(Wires):
    """A load balancer in front of the API server that never answers the requests for one path, and relays the others.

    hanging: how many requests are waiting for an answer now. hung: how many there were.
    """

    def __init__(self, kubeconfig: Path) -> None:
        super().__init__(kubeconfig)
        self.path = ""
        self.hanging = self.hung = 0
        cluster, authority = self._given["clusters"][0]["cluster"], trustme.CA()
        self.tls_there = verify_like_go(ssl.create_default_context(cafile=cluster["certificate-authority"]))
        self.tls_here = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(self._host).configure_cert(self.tls_here)
        cluster["certificate-authority"] = str(kubeconfig.with_name("load-balancer.crt"))
        authority.cert_pem.write_to_path(cluster["certificate-authority"])

    async def relay_requests(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, may_pass: asyncio.Event
    ) -> None:
        """Relay the requests of a connection up to the first that hangs."""
        del may_pass  # nothing is frozen here
        while chunk := await source.read(CHUNK):
            if self.path and f" {self.path} ".encode() in chunk:
                await self._hang(source)
                break
            target.write(chunk)
            await target.drain()
        target.close()

    async def _hang(self, source: asyncio.StreamReader) -> None:
        self.hung += 1
        self.hanging += 1
        try:
            while await source.read(CHUNK):
                pass
        finally:
            self.hanging -= 1


@contextmanager
def port_without_answers() -> Iterator[int]:
    """A port of all loopback addresses where the kernel drops every packet: the queue of its listener is full."""
    with socket.create_server(("0.0.0.0", 0), backlog=0) as server, ExitStack() as stack:  # noqa: S104 (in the testbed)
        port: int = server.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        try:
            socket.create_connection(("127.1.2.3", port), timeout=0.5).close()
        except TimeoutError:
            yield port
        else:
            raise AssertionError("the port takes connections")
