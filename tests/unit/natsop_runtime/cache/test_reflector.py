"""A reflector's store becomes equal to what the API server has, whatever happens to lists and watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.live import LiveObject
from natsop_core.references import ObjectKey
from natsop_runtime.api_server import kube as kube_module
from natsop_runtime.api_server.errors import ApiError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.backoff import Backoff
from natsop_runtime.cache import reflector as reflector_module
from natsop_runtime.cache.reflector import Reflector
from natsop_runtime.cache.store import METADATA, Store
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, failure, kube_over, until


@pytest.fixture(autouse=True)
def _impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflector_module, "BACKOFF", Backoff(first=0.01, most=0.02))


class Reflected:
    """A reflector at work on a small API, and the names of which its store told, "-" for the deleted."""

    def __init__(self, api: SmallApi) -> None:
        self.api = api
        self.told: list[str] = []
        self.reports: list[str] = []
        self.store: Store[LiveObject] = Store(CONFIG_MAPS, METADATA, self._changed)

    def _changed(self, key: ObjectKey, _old: LiveObject | None, new: LiveObject | None) -> None:
        self.told.append(key.name if new else f"-{key.name}")

    def listed(self, _selection: Selection) -> None:
        self.reports.append("listed")

    def works(self, _selection: Selection) -> None:
        self.reports.append("works")

    def fails(self, _selection: Selection, error: ApiError) -> None:
        self.reports.append(f"fails: {error}")

    def restarts(self, _selection: Selection) -> None:
        self.reports.append("restarts")

    async def equal(self) -> None:
        """Wait until the store has what the API has."""
        await until(lambda: self._versions() == self._true_versions(), "the store has what the API has")

    def _versions(self) -> dict[str, str]:
        held = ((key.name, self.store.get(key)) for key in self.store)
        return {name: live.resource_version for name, live in held if live is not None}

    def _true_versions(self) -> dict[str, str]:
        return {name: obj["metadata"]["resourceVersion"] for name, obj in self.api.objects.items()}


@asynccontextmanager
async def reflecting(*names: str) -> AsyncIterator[Reflected]:
    """A reflector on an API with these objects, synced and watching."""
    api = SmallApi()
    for name in names:
        api.put(name)
    reflected = Reflected(api)
    async with kube_over(api) as kube:
        reflector = Reflector(kube, Selection(CONFIG_MAPS, metadata_only=True), reflected.store, reflected)
        running = asyncio.create_task(reflector.run())
        await reflector.synced.wait()
        await until(lambda: bool(api.watches), "a watch")
        reflected.told.clear()
        yield reflected
        running.cancel()
        await asyncio.wait([running])


def test_a_long_list_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube_module.Kube.list_pages, "__kwdefaults__", {"page_size": 2})

    async def story() -> None:
        async with reflecting("a", "b", "c", "d", "e") as reflected:
            await reflected.equal()
            assert reflected.api.lists() == 3

    in_virtual_time(story)


def test_changes_are_followed() -> None:
    async def story() -> None:
        async with reflecting("a", "b") as reflected:
            reflected.api.put("c")
            reflected.api.put("a")
            reflected.api.remove("b")
            await reflected.equal()
            assert reflected.told == ["c", "a", "-b"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)


def test_a_watch_that_broke_carries_on_where_it_was() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.end_watches(httpx2.ReadError("connection reset"))
            reflected.api.put("b")
            reflected.api.remove("a")
            await reflected.equal()
            assert reflected.told == ["b", "-a"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)


def test_what_was_deleted_in_a_gap_too_long_for_a_watch_is_told_after_a_list() -> None:
    async def story() -> None:
        async with reflecting("a", "b") as reflected:
            reflected.api.end_watches()
            reflected.api.remove("a")
            reflected.api.put("c")
            reflected.api.forget_history()
            await reflected.equal()
            assert sorted(reflected.told) == ["-a", "c"]

    in_virtual_time(story)


def test_the_history_may_be_forgotten_in_the_middle_of_a_watch() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.send(b'{"type": "ERROR", "object": {"kind": "Status", "code": 410, "message": "too old"}}')
            await until(lambda: reflected.api.lists() == 2, "a second list")
            reflected.api.put("b")
            await reflected.equal()

    in_virtual_time(story)


def test_a_bookmark_is_where_the_next_watch_begins() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.bookmark()
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.watched_from()) == 2, "a second watch")
            assert reflected.api.watched_from()[1] == str(reflected.api.version)
            assert reflected.told == []

    in_virtual_time(story)


def test_after_a_watch_that_fell_silent_everything_is_listed_again() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.end_watches(httpx2.ReadTimeout("nothing for a long time"))
            reflected.api.put("b")
            await reflected.equal()
            assert reflected.api.lists() == 2

    in_virtual_time(story)


@pytest.mark.parametrize(
    "line",
    [
        b"no JSON at all",
        b'{"type": "ADDED", "object": {"metadata": {"resourceVersion": "900", "name": "x"}}}',
        b'{"type": "ADDED", "object": null}',
    ],
)
def test_an_event_that_cannot_be_read_is_skipped(line: bytes) -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.send(line)
            reflected.api.put("b")
            await reflected.equal()
            assert len(reflected.api.watched_from()) == 1

    in_virtual_time(story)


def test_an_event_is_one_line_though_it_holds_what_unicode_calls_a_line_end() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.put("b", annotations={"text": "one\u0085two\u2028three"})
            await reflected.equal()
            assert reflected.told == ["b"]

    in_virtual_time(story)


def test_a_server_that_ends_every_watch_at_once_is_not_flooded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflector_module, "BACKOFF", Backoff(first=0.05, most=0.2))

    async def story() -> None:
        async with reflecting("a") as reflected:
            for _ in range(20):
                reflected.api.end_watches()
                await asyncio.sleep(0.01)
            assert len(reflected.api.watched_from()) <= 6

    in_virtual_time(story)


def test_an_overloaded_server_is_given_the_time_it_asks_for() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(failure(429, headers={"Retry-After": "1"}))
            reflected.api.end_watches()
            await asyncio.sleep(0.5)
            assert len(reflected.api.watched_from()) == 2
            reflected.api.put("b")
            await reflected.equal()

    in_virtual_time(story)


def test_a_kind_that_was_not_served_for_a_while_is_listed_again() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(failure(404))
            reflected.api.end_watches()
            await until(lambda: reflected.api.lists() == 2, "a second list")

    in_virtual_time(story)
