"""What a reflector says about itself: whether its store is complete, since when it heard nothing, and what fails."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from tests.unit.natsop_runtime.cache.reflected import Reflected, reflecting, started
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, config_map, failure, until

RETRIES = 120.0
"""Seconds within which a reflector has tried again in any case."""


@pytest.mark.parametrize(("code", "is_settled"), [(403, True), (503, False)], ids=["forbidden", "away"])
def test_a_list_that_is_refused_is_not_worth_waiting_for(code: int, is_settled: bool) -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        reflected.api.refusals.extend(failure(code) for _ in range(100))
        async with started(reflected) as reflector:
            await asyncio.sleep(RETRIES)
            assert len(reflected.api.refusals) < 100
            assert (reflector.settled.is_set(), reflector.synced.is_set()) == (is_settled, False)

    in_virtual_time(story)


def test_a_list_settles_all_questions() -> None:
    async def story() -> None:
        async with started(Reflected(SmallApi())) as reflector:
            await reflector.synced.wait()
            assert reflector.settled.is_set()

    in_virtual_time(story)


def test_a_reflector_knows_for_how_long_it_has_heard_nothing() -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        async with started(reflected) as reflector:
            assert reflector.silent_for == 0.0
            await until(lambda: bool(reflected.api.watches), "a watch")
            await asyncio.sleep(50)
            assert 50 <= reflector.silent_for < 51
            reflected.api.bookmark()
            await asyncio.sleep(0.1)
            assert reflector.silent_for < 1

    in_virtual_time(story)


def test_a_reflector_that_never_heard_anything_counts_from_its_start_and_a_list_is_something() -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        empty_list = httpx2.Response(200, json={"metadata": {"resourceVersion": "100"}, "items": []})
        reflected.api.refusals.extend([*(failure(503) for _ in range(5)), empty_list, failure(503)])
        async with started(reflected) as reflector:
            await asyncio.sleep(10)
            assert reflector.silent_for == 10
            await reflector.synced.wait()  # but the watch is refused
            assert reflector.silent_for < 1

    in_virtual_time(story)


def test_a_store_is_complete_from_the_first_list_until_the_version_to_watch_from_is_lost() -> None:
    async def story() -> None:
        reflected = Reflected(SmallApi())
        reflected.api.refusals.append(failure(503))
        async with started(reflected) as reflector:
            await asyncio.sleep(0.1)
            assert not reflector.is_current
            await reflector.synced.wait()
            assert reflector.is_current
            await until(lambda: bool(reflected.api.watches), "a watch")
            reflected.api.end_watches(httpx2.ReadError("connection reset"))
            await asyncio.sleep(0.1)
            assert reflector.is_current, "the next watch carries on"
            await until(lambda: bool(reflected.api.watches), "a watch")
            reflected.api.refusals.extend(failure(403) for _ in range(3))
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.refusals) < 3, "a refusal")
            assert not reflector.is_current

    in_virtual_time(story)


@pytest.mark.parametrize("object_is_changed", [True, False], ids=["by an event", "by the first sign of life"])
def test_a_watch_that_failed_is_told_and_so_is_that_it_works_again(object_is_changed: bool) -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.refusals.extend((failure(503, "etcd has no leader"), failure(503, "etcd has no leader")))
            reflected.api.end_watches()
            if object_is_changed:
                reflected.api.put("a")
            await until(lambda: reflected.reports[-1] == "works", "it works again")
            fails = "fails: etcd has no leader"
            assert [each for each in reflected.reports if each != "restarts"] == [
                "works", "listed", fails, fails, "works",
            ]  # fmt: skip

    in_virtual_time(story)


def test_a_bookmark_outdates_what_an_earlier_write_of_ours_brought_back() -> None:
    """The object was deleted since: the watch has told everything up to the bookmark."""

    async def story() -> None:
        async with reflecting("a") as reflected:
            reflected.api.bookmark()
            await until(lambda: reflected.api.version > 101, "a bookmark")
            await asyncio.sleep(0.1)
            reflected.store.written(config_map("b", reflected.api.version - 1))
            assert reflected.told == []

    in_virtual_time(story)
