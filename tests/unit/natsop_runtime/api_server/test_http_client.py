"""The gate: right before the bytes of a write, and of nothing else. On a real connection, where it matters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_core.kinds import CONFIG_MAPS, EVENTS, LEASES, SECRETS
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.kube import Kube
from natsop_runtime.leader_election import Fence, LeadershipLostError

KEY = CONFIG_MAPS.key("prod", "a")
OBJECT = {"metadata": {"name": "a", "namespace": "prod"}}

WRITES: dict[str, Callable[[Kube], Awaitable[Any]]] = {
    "apply": lambda kube: kube.apply(CONFIG_MAPS, KEY, OBJECT, force=True),
    "status": lambda kube: kube.apply_status(CONFIG_MAPS, KEY, OBJECT),
    "json patch": lambda kube: kube.json_patch(CONFIG_MAPS, KEY, []),
    "delete": lambda kube: kube.delete(CONFIG_MAPS, KEY, uid="u", version="7"),
    "create": lambda kube: kube.create(EVENTS, OBJECT),
    "replace": lambda kube: kube.replace(SECRETS, OBJECT),
}


class Server:
    """Accepts connections, notes the first line of what comes in, and answers with an empty object."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.accepts = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b""
        while chunk := await reader.read(65536):
            head += chunk
            if b"\r\n\r\n" in head:
                self.heard.append(head.split(b" HTTP")[0].decode())
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                await writer.drain()
                break
        writer.close()


@asynccontextmanager
async def kube_at(fence: Fence) -> AsyncIterator[tuple[Kube, Server]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    config = KubeConfig.from_one(cluster=Cluster(server=f"http://127.0.0.1:{port}"), user=User()).get()
    assert config is not None
    async with listening, connected(config, check_fence=fence.check) as kube:
        yield kube, server


@pytest.mark.parametrize("write", WRITES)
def test_no_byte_of_a_write_is_sent_once_the_term_is_over(write: str) -> None:
    async def story() -> None:
        fence = Fence(lambda: 100.0)
        async with kube_at(fence) as (kube, server):
            fence.extend(101.0)
            await WRITES[write](kube)
            assert len(server.heard) == 1
            fence.extend(99.0)
            with pytest.raises(LeadershipLostError):
                await WRITES[write](kube)
            assert len(server.heard) == 1

    asyncio.run(story())


def test_a_term_that_ends_while_we_connect_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        fence = Fence(lambda: 100.0)
        async with kube_at(fence) as (kube, server):
            fence.extend(101.0)
            connect = asyncio.get_running_loop().create_connection

            async def slowly(*arguments: Any, **options: Any) -> Any:
                connection = await connect(*arguments, **options)
                fence.close()
                return connection

            monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", slowly)
            with pytest.raises(LeadershipLostError):
                await WRITES["apply"](kube)
            assert server.heard == []

    asyncio.run(story())


def test_reads_and_the_lease_itself_go_out_in_any_case() -> None:
    async def story() -> None:
        async with kube_at(Fence(lambda: 100.0)) as (kube, server):
            await kube.get(CONFIG_MAPS, KEY)
            await kube.without_fence().replace(LEASES, OBJECT)
            assert [line.split()[0] for line in server.heard] == ["GET", "PUT"]

    asyncio.run(story())
