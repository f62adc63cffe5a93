"""The fence, right before the bytes of a write and of nothing else; and how many requests are sent at once."""

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
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.api_server.http_client import MAX_CONCURRENT_REQUESTS, unfenced
from natsop_runtime.api_server.kube import Kube, Selection
from natsop_runtime.leader_election import Fence, LeadershipLostError
from tests.unit.natsop_runtime.small_api import until

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
    """Accepts connections, notes the first line of what comes in, and answers with an empty object when it may."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = b""
        while chunk := await reader.read(65536):
            head += chunk
            if b"\r\n\r\n" in head:
                self.heard.append(head.split(b" HTTP")[0].decode())
                await self.may_answer.wait()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                await writer.drain()
                break
        writer.close()


@asynccontextmanager
async def kube_at(check_fence: Callable[[], None]) -> AsyncIterator[tuple[Kube, Server]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    config = KubeConfig.from_one(cluster=Cluster(server=f"http://127.0.0.1:{port}"), user=User()).get()
    assert config is not None
    async with listening, connected(config, check_fence=check_fence) as kube:
        yield kube, server


@pytest.mark.parametrize("write", WRITES)
def test_no_byte_of_a_write_is_sent_once_the_term_is_over(write: str) -> None:
    async def story() -> None:
        fence = Fence(lambda: 100.0)
        async with kube_at(fence.check) as (kube, server):
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
        async with kube_at(fence.check) as (kube, server):
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


@pytest.mark.parametrize("write", WRITES)
def test_a_term_that_ends_between_the_head_of_a_write_and_its_body_counts(write: str) -> None:
    checks = 0

    def closes_behind_the_head() -> None:
        nonlocal checks
        checks += 1
        if checks > 1:
            raise LeadershipLostError

    async def story() -> None:
        async with kube_at(closes_behind_the_head) as (kube, server):
            with pytest.raises((LeadershipLostError, UnavailableError)):
                await WRITES[write](kube)
            assert server.heard == []

    asyncio.run(story())
    assert checks > 1


def test_reads_and_the_lease_itself_go_out_in_any_case() -> None:
    async def story() -> None:
        async with kube_at(Fence(lambda: 100.0).check) as (kube, server):
            await kube.get(CONFIG_MAPS, KEY)
            await kube.without_fence().replace(LEASES, OBJECT)
            assert [line.split()[0] for line in server.heard] == ["GET", "PUT"]

    asyncio.run(story())


def test_no_more_than_so_many_requests_are_under_way_and_the_lease_waits_for_none_of_them() -> None:
    """Neither for reads nor for writes, all of which the API server may hold up."""

    async def story() -> None:
        async with kube_at(unfenced) as (kube, server):
            lease = kube.without_fence()
            server.may_answer.clear()
            reads = [asyncio.create_task(kube.get(CONFIG_MAPS, KEY)) for _ in range(MAX_CONCURRENT_REQUESTS)]
            writes = [asyncio.ensure_future(WRITES["apply"](kube)) for _ in range(MAX_CONCURRENT_REQUESTS)]
            await until(lambda: len(server.heard) == MAX_CONCURRENT_REQUESTS, "as many as may be are under way")
            renewal = asyncio.create_task(lease.replace(LEASES, OBJECT))
            await until(lambda: len(server.heard) > MAX_CONCURRENT_REQUESTS, "the renewal is sent")
            assert [line.split()[0] for line in server.heard] == ["GET"] * MAX_CONCURRENT_REQUESTS + ["PUT"]
            server.may_answer.set()
            await asyncio.gather(renewal, *reads, *writes)
            assert len(server.heard) == 2 * MAX_CONCURRENT_REQUESTS + 1

    asyncio.run(story())


def test_a_slot_is_free_again_after_a_failure() -> None:
    async def story() -> None:
        async with kube_at(unfenced) as (kube, server):
            server.may_answer.clear()
            cancelled = [asyncio.create_task(kube.get(CONFIG_MAPS, KEY)) for _ in range(MAX_CONCURRENT_REQUESTS)]
            await until(lambda: len(server.heard) == MAX_CONCURRENT_REQUESTS, "as many as may be are under way")
            for each in cancelled:
                each.cancel()
            await asyncio.wait(cancelled)
            server.may_answer.set()
            await asyncio.wait_for(kube.get(CONFIG_MAPS, KEY), 10)

    asyncio.run(story())


def test_reads_wait_for_no_watches_however_many_are_open() -> None:
    async def story() -> None:
        async with kube_at(unfenced) as (kube, server):
            server.may_answer.clear()
            watches = [
                asyncio.create_task(anext(kube.watch(Selection(CONFIG_MAPS), "7")))
                for _ in range(2 * MAX_CONCURRENT_REQUESTS)
            ]
            await until(lambda: len(server.heard) == len(watches), "all watches are sent")
            reading = asyncio.create_task(kube.get(CONFIG_MAPS, KEY))
            await until(lambda: len(server.heard) > len(watches), "the read is sent")
            server.may_answer.set()
            assert await reading == {}
            for each in watches:
                each.cancel()
            await asyncio.wait(watches)

    asyncio.run(story())
