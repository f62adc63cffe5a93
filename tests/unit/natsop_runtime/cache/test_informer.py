"""One kind in several namespaces: what is watched, when all of it is known, and which objects are missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.live import LiveObject
from natsop_runtime.api_server.errors import ApiError
from natsop_runtime.api_server.kube import Kube, Selection
from natsop_runtime.cache.informer import Informer
from natsop_runtime.cache.store import METADATA
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, config_map, failure, kube_over, until

RETRIED = 60.0
"""Seconds within which whatever was refused has been tried again."""


class Unobserved:
    """An observer that needs to know nothing."""

    def listed(self, selection: Selection) -> None: ...
    def works(self, selection: Selection) -> None: ...
    def fails(self, selection: Selection, error: ApiError) -> None: ...
    def restarts(self, selection: Selection) -> None: ...


class Namespaces:
    """An API server that serves some namespaces, refuses some, and does not answer for the others."""

    def __init__(self) -> None:
        self.served: dict[str, SmallApi] = {}
        self.refused: set[str] = set()

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        namespace = request.url.path.split("/namespaces/")[1].split("/")[0]
        if namespace in self.refused:
            return failure(403)
        if namespace not in self.served:
            await asyncio.sleep(5)
            raise httpx2.ConnectError("no route")
        return self.served[namespace](request)


def informer(kube: Kube, *namespaces: str, **options: Any) -> Informer[LiveObject]:
    return Informer(kube, CONFIG_MAPS, METADATA, lambda *_: None, Unobserved(), namespaces=namespaces, **options)


@asynccontextmanager
async def informed(api: Namespaces, *namespaces: str) -> AsyncIterator[Informer[LiveObject]]:
    """An informer at work in these namespaces."""
    async with kube_over(api) as kube:
        found = informer(kube, *namespaces)
        running = asyncio.create_task(found.run())
        yield found
        running.cancel()
        await asyncio.wait([running])


def selections(*namespaces: str, **options: Any) -> list[Selection]:
    async def story() -> list[Selection]:
        async with kube_over(SmallApi()) as kube:
            return list(informer(kube, *namespaces, **options).selections)

    return asyncio.run(story())


def test_a_kind_is_watched_in_each_namespace_or_in_all_of_them_at_once() -> None:
    assert selections() == [Selection(CONFIG_MAPS)]
    assert selections("a", "b") == [Selection(CONFIG_MAPS, namespace=each) for each in "ab"]


def test_a_watch_may_be_limited_to_labels_and_to_metadata() -> None:
    limits = {"labels": "app=nats", "metadata_only": True}
    assert selections("a", **limits) == [Selection(CONFIG_MAPS, namespace="a", labels="app=nats", metadata_only=True)]


def test_all_is_known_once_each_namespace_was_listed_or_refused() -> None:
    async def story() -> None:
        api = Namespaces()
        api.served["a"] = SmallApi()
        async with informed(api, "a", "b", "c") as found:
            known = asyncio.create_task(found.known())
            await until(lambda: found.is_synced("a"), "a list of a")
            api.refused.add("b")
            await asyncio.sleep(RETRIED)
            assert (found.is_known, known.done()) == (False, False), "c may answer"
            api.refused.add("c")
            await asyncio.sleep(RETRIED)
            assert (found.is_known, known.done()) == (True, True)

    in_virtual_time(story)


def test_nothing_is_known_while_every_namespace_refuses() -> None:
    async def story() -> None:
        api = Namespaces()
        api.refused |= {"a", "b"}
        async with informed(api, "a", "b") as found:
            known = asyncio.create_task(found.known())
            await asyncio.sleep(RETRIED)
            assert (found.is_known, known.done()) == (False, False)
            api.refused.remove("b")
            api.served["b"] = SmallApi()
            await asyncio.sleep(RETRIED)
            assert (found.is_known, known.done()) == (True, True)

    in_virtual_time(story)


def test_who_waited_for_the_lists_waits_for_nothing_afterwards() -> None:
    async def story() -> None:
        api = Namespaces()
        api.served["a"], api.refused = SmallApi(), {"b"}
        async with informed(api, "a", "b") as found:
            await asyncio.sleep(RETRIED)
            before = asyncio.all_tasks()
            await found.known()
            await asyncio.sleep(0)
            assert asyncio.all_tasks() == before

    in_virtual_time(story)


def test_silence_is_that_of_the_namespace_that_is_silent_for_longest() -> None:
    async def story() -> None:
        api = Namespaces()
        api.served |= {"a": SmallApi(), "b": SmallApi()}
        async with informed(api, "a", "b") as found:
            await until(lambda: all(each.watches for each in api.served.values()), "two watches")
            await asyncio.sleep(50)
            api.served["a"].put("x")
            await asyncio.sleep(1)
            assert found.silent_for >= 50

    in_virtual_time(story)


def test_an_object_is_missing_where_a_watch_is_up_to_date_and_does_not_have_it() -> None:
    async def story() -> None:
        api = Namespaces()
        api.served["prod"] = SmallApi()
        api.served["prod"].put("held")
        async with informed(api, "prod", "away") as found:
            await until(lambda: found.is_synced("prod"), "a list")
            keys = [CONFIG_MAPS.key(*each) for each in (("prod", "held"), ("prod", "x"), ("away", "x"), ("other", "x"))]
            assert [found.is_missing(key) for key in keys] == [False, True, False, True]
            assert [found.is_current(namespace) for namespace in ("prod", "away")] == [True, False]

    in_virtual_time(story)


def test_what_is_cleared_is_forgotten_in_each_namespace() -> None:
    async def story() -> None:
        async with kube_over(SmallApi()) as kube:
            found = informer(kube, "a", "b")
            for namespace in "ab":
                found.written(config_map("x", 7, namespace=namespace))
            assert len(list(found.items())) == 2
            found.clear()
            assert list(found.items()) == []

    asyncio.run(story())
