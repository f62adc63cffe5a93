"""How soon a reflector asks again: after failures, early ends and silence."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Final

import httpx2
import pytest

from natsop_runtime.backoff import Backoff
from natsop_runtime.cache import reflector as reflector_module
from natsop_runtime.cache.reflector import RESET_BACKOFF_AFTER
from tests.unit.natsop_runtime.cache.reflected import Reflected, reflecting
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, failure, kube_over, until

pytestmark = pytest.mark.usefixtures("impatience")

PATIENT: Final = reflector_module.BACKOFF


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
            running = asyncio.create_task(reflected.reflector(kube).run())
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


def test_a_quiet_watch_that_ends_well_after_a_while_is_followed_at_once() -> None:
    async def story() -> None:
        async with reflecting("a") as reflected:
            await asyncio.sleep(RESET_BACKOFF_AFTER + 1)
            reflected.api.end_watches()
            await until(lambda: len(reflected.api.watched_from()) == 2, "the next watch")
            assert "restarts" not in reflected.reports

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
