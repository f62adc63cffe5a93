"""When real servers are settled: while one is away, while it catches up, and after that."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import nats
import nats.errors
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig, StorageType

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.settled import APART, HEALTH, JETSTREAM, ROUTES, VARIABLES, Observation, observe, settled
from natsop_core.settled.groups import MOST_LAG
from tests.server.clustered import clustered_server
from tests.testbed.control_plane import own_loopback_address
from tests.testbed.process import Component
from tests.testbed.wait import wait_until

VERSIONS: Final = ("2.10.26", "2.12.6", "2.15.2")
NAMES: Final = ("c-0", "c-1", "c-2")
EXPECTED: Final = dict.fromkeys(NAMES, "")

MISSED: Final = 2_000
"""Messages that a server misses: 64 MB, so that a look finds it before it has all of them."""

MESSAGE: Final = b"x" * 32_768


@dataclass
class Trio:
    """Three servers, and all looks at them. said: all findings so far."""

    servers: dict[str, Component]
    hosts: dict[str, str]
    looks: list[list[Observation]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def findings(self) -> list[str]:
        """Look, and compare with the newest look that is old enough."""
        with ThreadPoolExecutor(len(NAMES)) as pool:
            now = list(pool.map(self._observe, NAMES))
        before = [look for look in self.looks if all(map(_is_apart, look, now))]
        self.looks.append(now)
        found = [each.message for each in settled(now, EXPECTED, before[-1] if before else ())]
        self.said += found
        return found

    def await_settled(self, timeout: float = 90) -> None:
        """Wait until nothing is found. `said` and `looks` are those of this wait."""
        self.said.clear()
        self.looks.clear()

        def is_settled() -> bool:
            found = self.findings()
            assert found == []
            return True

        wait_until(is_settled, timeout=timeout, what="the servers are settled", interval=0.1)

    def stored(self, stream: str) -> dict[str, int]:
        """How many messages each server has, by its own word."""
        return {
            name: each["state"]["messages"]
            for name in NAMES
            for account in self._get(name, JETSTREAM).json()["account_details"]
            for each in account["stream_detail"]
            if each["name"] == stream
        }

    def _get(self, name: str, path: str) -> httpx2.Response:
        return httpx2.get(f"http://{self.hosts[name]}:8222{path}", trust_env=False, timeout=5)

    def _observe(self, name: str) -> Observation:
        return observe(name, *(self._reply(name, path) for path in (HEALTH, VARIABLES, JETSTREAM, ROUTES)))

    def _reply(self, name: str, path: str) -> HttpAnswer | Unreachable:
        try:
            answer = self._get(name, path)
        except httpx2.TransportError as error:
            return Unreachable(repr(error))
        return HttpAnswer(answer.status_code, answer.content)

    def await_done(self, job: Callable[[Client], Awaitable[None]]) -> None:
        """Let a client of the first server do this; until it can, from its beginning."""

        async def connected() -> None:
            client = await nats.connect(f"nats://{self.hosts['c-0']}:4222", allow_reconnect=False)
            try:
                await job(client)
            finally:
                await client.close()

        def is_done() -> bool:
            try:
                asyncio.run(connected())
            except (OSError, nats.errors.Error) as error:
                raise AssertionError(repr(error)) from error
            return True

        wait_until(is_done, timeout=60, what=f"{job.__name__} are there", interval=0.5)


def _is_apart(before: Observation, now: Observation) -> bool:
    return before.at is None or now.at is None or now.at - before.at >= APART


@contextmanager
def trio(program: Path, folder: Path, *, jetstream: bool = True) -> Iterator[Trio]:
    hosts = {name: own_loopback_address() for name in NAMES}
    servers = {name: clustered_server(program, name, hosts, folder, jetstream=jetstream) for name in NAMES}
    with ExitStack() as stack:
        for name, server in servers.items():
            stack.callback(shutil.rmtree, folder / name, ignore_errors=True)  # pytest keeps the folders of three runs
            stack.callback(server.stop, grace=2)
            server.start()
        for server in servers.values():
            server.await_ready()
        yield Trio(servers, hosts)


async def streams_and_consumers(client: Client) -> None:
    """Groups of all kinds: on files and in memory; on all servers and on one; durable and ephemeral."""
    jetstream = client.jetstream(timeout=10)
    await jetstream.add_stream(name="ORDERS", subjects=["orders.>"], num_replicas=3)
    await jetstream.add_stream(name="MEMORY", subjects=["memory.>"], num_replicas=3, storage=StorageType.MEMORY)
    await jetstream.add_stream(name="LONE", subjects=["lone.>"], num_replicas=1)
    await jetstream.add_stream(name="JOBS", subjects=["jobs.>"], num_replicas=3, retention="workqueue")
    await jetstream.pull_subscribe("orders.>", durable="billing")
    await jetstream.pull_subscribe("orders.>", durable="audit", config=ConsumerConfig(num_replicas=1))
    for stream in ("ORDERS", "JOBS"):
        await client.jsm().add_consumer(stream, inactive_threshold=600)


async def messages(client: Client) -> None:
    jetstream = client.jetstream(timeout=10)
    for _ in range(MISSED // 100):
        await asyncio.gather(*(jetstream.publish("orders.new", MESSAGE) for _ in range(100)))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_that_comes_back_without_its_volume_is_waited_for(
    version: str, binary_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with trio(binary_of(version), tmp_path) as world:
        world.await_settled()
        world.await_done(streams_and_consumers)
        world.await_settled()

        world.servers["c-2"].stop(grace=0)
        assert "c-2 does not answer" in world.findings()
        world.await_done(messages)
        assert "c-2 does not answer" in world.findings()

        shutil.rmtree(tmp_path / "c-2")
        world.servers["c-2"].start()
        world.await_settled()
        waited_for = [each for each in world.said if each.startswith("c-2 ") and "stream ORDERS" in each]
        assert waited_for, f"it was never behind: {world.said}"
        stored = world.stored("ORDERS")
        assert stored.keys() == set(NAMES)
        assert max(stored.values()) - min(stored.values()) <= MOST_LAG, stored


@pytest.mark.parametrize("version", VERSIONS)
def test_servers_without_jetstream_are_settled_when_they_are_connected(
    version: str, binary_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with trio(binary_of(version), tmp_path, jetstream=False) as world:
        world.await_settled()
        world.servers["c-2"].stop(grace=0)
        assert world.findings() == ["c-2 does not answer"]
        world.servers["c-2"].start()
        world.await_settled()
