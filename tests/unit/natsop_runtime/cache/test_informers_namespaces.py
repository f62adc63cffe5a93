"""An operator that is limited to namespaces: one that refuses it keeps no other waiting, and is served once it may."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import httpx2
import pytest

from natsop_core import kinds
from natsop_core.kinds import CLUSTERS, NACK_ACCOUNTS, SERVICES
from natsop_core.references import LabelledRef, ObjectKey
from natsop_runtime.cache.informers import Change, Informers
from natsop_runtime.cache.optional_kinds import SYNC_TIMEOUT
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, failure, kube_over, until

KINDS = {CLUSTERS, *kinds.CREATED, *kinds.WATCHED_IN_FULL, NACK_ACCOUNTS}


class World:
    """A namespace "prod" with a NatsCluster, and one, "gone", that refuses all requests about the `refused` kinds."""

    def __init__(self) -> None:
        self.refused = {kind.plural for kind in KINDS}
        self.apis = {(namespace, kind.plural): SmallApi() for namespace in ("prod", "gone") for kind in KINDS}
        for namespace in ("prod", "gone"):
            self.apis[namespace, CLUSTERS.plural].put("c", namespace=namespace)
        self.woken: list[ObjectKey] = []

    def wake(self, change: Change, concerned: Iterable[ObjectKey], labels: Iterable[LabelledRef] = ()) -> None:
        del change, labels
        self.woken += concerned

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if "/namespaces/" not in request.url.path:
            return httpx2.Response(200, json={"resources": [{"name": NACK_ACCOUNTS.plural}]})
        namespace, plural = request.url.path.split("/namespaces/")[1].split("/")
        if namespace == "gone" and plural in self.refused:
            return failure(403, f"{plural} is forbidden")
        return self.apis[namespace, plural](request)

    def end_watches_of(self, namespace: str) -> None:
        for (where, _), api in self.apis.items():
            if where == namespace:
                api.end_watches()


@asynccontextmanager
async def kept() -> AsyncIterator[tuple[World, Informers]]:
    """Informers that know what they can."""
    world = World()
    async with kube_over(world.answer) as kube:
        stores = Informers(kube, [CLUSTERS], world.wake, namespaces=["gone", "prod"])
        running = asyncio.create_task(stores.run())
        await stores.synced()
        yield world, stores
        running.cancel()
        await asyncio.wait([running])


def test_a_namespace_that_refuses_keeps_no_other_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        async with kept() as (_, stores):
            assert stores.is_listed("prod")
            assert not stores.is_listed("gone")
            assert not stores.unsynced
            assert stores.served() == {"prod": True, "gone": False}
            await asyncio.sleep(300)
            [said] = caplog.messages
            assert said.startswith("namespace gone is not served")

    in_virtual_time(story)


def test_one_that_refuses_no_longer_is_served_once_all_is_known_of_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="natsop_runtime")

    async def story() -> None:
        async with kept() as (world, stores):
            world.refused = {SERVICES.plural}
            clusters = world.apis["gone", CLUSTERS.plural]
            await until(lambda: bool(clusters.watches), "its custom resources are watched")
            assert not stores.is_listed("gone"), "its Services are not known yet"
            world.woken.clear()
            world.refused = set()
            await until(lambda: stores.is_listed("gone"), "it is known")
            assert world.woken == [CLUSTERS.key("gone", "c")]
            assert stores.served() == {"prod": True, "gone": True}
            assert caplog.messages[-1] == "namespace gone is served again"

    in_virtual_time(story)


def test_one_that_refuses_later_is_told_and_served_again_likewise(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="natsop_runtime")

    async def story() -> None:
        async with kept() as (world, stores):
            world.refused = set()
            await until(lambda: all(stores.served().values()), "all are served")
            caplog.clear()
            world.refused = {kind.plural for kind in KINDS}
            world.end_watches_of("gone")
            await until(lambda: stores.served() == {"prod": True, "gone": False}, "it is gone")
            await asyncio.sleep(300)
            [said] = caplog.messages
            assert said.startswith("namespace gone is not served")
            world.refused = set()
            await until(lambda: all(stores.served().values()), "all are served")
            assert caplog.messages[1:] == ["namespace gone is served again"]

    in_virtual_time(story)


def test_an_optional_kind_is_known_without_it() -> None:
    async def story() -> None:
        async with kept() as (_, stores):
            began = clock()
            assert await stores.optional_kinds.serves(NACK_ACCOUNTS.reference) is True
            assert clock() - began < SYNC_TIMEOUT / 2

    in_virtual_time(story)


def test_an_outage_is_told_once_for_each_kind_however_long_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="natsop_runtime")

    async def story() -> None:
        async with kept() as (world, _):
            services = world.apis["prod", SERVICES.plural]
            await until(lambda: bool(services.watches), "a watch")
            caplog.clear()
            services.refusals += [failure(503, "etcd is away")] * 4
            services.end_watches()
            await until(lambda: not services.refusals, "the outage is over")
            await until(lambda: bool(services.watches), "a watch")
            await until(lambda: len(caplog.messages) > 1, "it says that it is over")
            began, ended = caplog.messages
            assert began == "API server unavailable for services in namespace prod: etcd is away"
            assert re.fullmatch(r"API server available again, after \d+ s", ended)

    in_virtual_time(story)
