"""A reflector's store becomes equal to what the API server has, whatever happens to lists and watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Final

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
from natsop_runtime.cache.reflector import RESET_BACKOFF_AFTER, Reflector
from natsop_runtime.cache.store import METADATA, Store
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, failure, kube_over, until

PATIENT: Final = reflector_module.BACKOFF


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


def test_a_kind_that_is_not_served_any_more_has_no_objects() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(failure(404))
            reflected.api.end_watches()
            await until(lambda: reflected.told == ["-a", "a"], "the object goes, and comes back")

    in_virtual_time(story)


def test_the_page_of_a_proxy_says_nothing_about_a_kind() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.append(httpx2.Response(404, text="<html>404 Not Found</html>"))
            reflected.api.end_watches()
            reflected.api.put("b")
            await reflected.equal()
            assert reflected.told == ["b"]
            assert reflected.api.lists() == 1

    in_virtual_time(story)


def clock() -> float:
    return asyncio.get_running_loop().time()


@pytest.mark.parametrize("when", ["the first list", "later watches"])
def test_a_server_that_hangs_is_asked_less_and_less_often(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request is given up after ten seconds, so that they hardly follow each other more slowly by that."""
    monkeypatch.setattr(reflector_module, "BACKOFF", PATIENT)
    api = SmallApi()
    asked: list[float] = []

    async def hang(request: httpx2.Request) -> httpx2.Response:
        if when == "later watches" and not asked and "watch" not in request.url.params:
            return api(request)
        asked.append(clock())
        await asyncio.sleep(9.9)
        raise httpx2.ReadTimeout("no answer") if "watch" not in request.url.params else httpx2.ConnectTimeout("none")

    async def story() -> None:
        reflected = Reflected(api)
        async with kube_over(hang) as kube:
            running = asyncio.create_task(Reflector(kube, Selection(CONFIG_MAPS), reflected.store, reflected).run())
            await asyncio.sleep(600)
            running.cancel()
            await asyncio.wait([running])

    in_virtual_time(story)
    pauses = [later - earlier - 9.9 for earlier, later in pairwise(asked)]
    assert 0.4 <= pauses[0] <= 0.8
    assert all(15 <= pause <= 30 for pause in pauses[6:]), pauses


def test_a_watch_that_says_nothing_for_long_is_not_a_good_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-open connections, one after the other; only the list says that the API server is there."""
    monkeypatch.setattr(reflector_module, "BACKOFF", PATIENT)

    async def story() -> None:
        async with reflecting("a") as reflected:
            watched: list[float] = []
            for turn in range(8):
                await until(lambda turn=turn: len(reflected.api.watched_from()) == turn + 1, "a watch", step=0.5)  # type: ignore[misc]
                watched.append(clock())
                await asyncio.sleep(150)
                reflected.api.end_watches(httpx2.ReadTimeout("nothing for a long time"))
            pauses = [later - earlier - 150 for earlier, later in pairwise(watched)]
            assert pauses[-1] >= 15, pauses

    in_virtual_time(story)


@pytest.mark.parametrize("ends", [None, httpx2.ReadError("connection reset")], ids=["well", "badly"])
def test_a_watch_that_has_worked_for_a_while_ends_a_row_of_failures(
    ends: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflector_module, "BACKOFF", PATIENT)

    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.extend(failure(503) for _ in range(5))
            reflected.api.end_watches()
            await until(lambda: not reflected.api.refusals and bool(reflected.api.watches), "a watch", step=0.5)
            await asyncio.sleep(RESET_BACKOFF_AFTER + 1)
            reflected.api.put("b")
            await asyncio.sleep(0.1)
            count, ended = len(reflected.api.watched_from()), clock()
            restarts = reflected.reports.count("restarts")
            reflected.api.end_watches(ends)
            await until(lambda: len(reflected.api.watched_from()) > count, "the next watch")
            assert clock() - ended <= (0.81 if ends else 0.01)
            assert reflected.reports.count("restarts") == restarts + bool(ends)

    in_virtual_time(story)


def test_a_watch_that_ended_early_is_paused_for_and_counted() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.put("b")
            await reflected.equal()
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.watched_from()) == 2, "the next watch")
            assert reflected.reports == ["works", "listed", "restarts"]

    in_virtual_time(story)


@pytest.mark.parametrize(("code", "is_settled"), [(403, True), (503, False)], ids=["forbidden", "away"])
def test_a_list_that_is_refused_is_not_worth_waiting_for(code: int, is_settled: bool) -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        reflected.api.refusals.extend(failure(code) for _ in range(100))
        async with kube_over(reflected.api) as kube:
            reflector = Reflector(kube, Selection(CONFIG_MAPS), reflected.store, reflected)
            running = asyncio.create_task(reflector.run())
            await until(lambda: len(reflected.api.refusals) < 90, "some tries")
            assert (reflector.settled.is_set(), reflector.synced.is_set()) == (is_settled, False)
            running.cancel()
            await asyncio.wait([running])

    in_virtual_time(story)


def test_after_a_first_failure_the_next_try_is_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reflector_module, "BACKOFF", PATIENT)

    async def story() -> None:
        async with reflecting("a") as reflected:
            began = clock()
            reflected.api.forget_history()
            reflected.api.put("b")
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.watched_from()) == 2, "the next watch")
            assert 0.4 <= clock() - began <= 0.81

    in_virtual_time(story)


def test_a_reflector_knows_for_how_long_it_has_heard_nothing() -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        async with kube_over(reflected.api) as kube:
            reflector = Reflector(kube, Selection(CONFIG_MAPS), reflected.store, reflected)
            assert reflector.silent_for == 0.0
            running = asyncio.create_task(reflector.run())
            await until(lambda: bool(reflected.api.watches), "a watch")
            await asyncio.sleep(50)
            assert 50 <= reflector.silent_for < 51
            reflected.api.bookmark()
            await asyncio.sleep(0.1)
            assert reflector.silent_for < 1
            running.cancel()
            await asyncio.wait([running])

    in_virtual_time(story)
