"""The workers: what a turn that hangs, fails or crashes means for the key, for the others, and for the probes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from natsop_core.kinds import SECRETS
from natsop_runtime import controller as loop_module
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.cache.informers import Change
from natsop_runtime.controller import RECONCILE_TIMEOUT, STUCK_AFTER
from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.metrics import Metrics
from natsop_runtime.reconciler import RESYNC, Result
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.logged import logged, messages
from tests.unit.natsop_runtime.metrics.exposed import value
from tests.unit.natsop_runtime.turns import BAD, GOOD, SECRET, Turns, at_work, crash, hang, loop_with, wake

RECONCILED_TOTAL = "controller_runtime_reconcile_total"
RESULTS = ("success", "requeue", "requeue_after", "error")


async def be_refused() -> Result:
    raise UnavailableError("overloaded", retry_after=200)


async def lose() -> Result:
    raise LeadershipLostError("late")


def test_a_turn_that_hangs_holds_up_nobody_is_told_by_the_probe_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        turns = Turns(hang)
        loop = loop_with(turns, monkeypatch)
        working = await at_work(loop)
        wake(loop, BAD, GOOD)
        await asyncio.sleep(1)
        assert turns.times_of(GOOD) == [0.0]
        assert loop.wedged() == ""
        await asyncio.sleep(RECONCILE_TIMEOUT + 5)
        assert len(turns.times_of(BAD)) == 2
        working.cancel()
        await asyncio.wait([working])

    in_virtual_time(story)


def test_a_turn_that_cannot_even_be_ended_is_a_reason_to_start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "RECONCILE_TIMEOUT", 10 * STUCK_AFTER)

    async def story() -> None:
        loop = loop_with(Turns(hang), monkeypatch)
        working = await at_work(loop)
        wake(loop, BAD)
        await asyncio.sleep(STUCK_AFTER - 1)
        assert loop.wedged() == ""
        await asyncio.sleep(2)
        assert loop.wedged() == f"{BAD} has been worked on for {STUCK_AFTER + 1:.0f} s"
        working.cancel()
        await asyncio.wait([working])

    in_virtual_time(story)


@pytest.mark.parametrize(
    ("trouble", "first_pause", "said"),
    [
        (crash, 0.5, "failed because of an error in the operator: ValueError in "),
        (be_refused, 200, "API server unavailable for NatsCluster bad/c: overloaded"),
    ],
)
def test_a_failure_is_tried_again_with_growing_pauses_and_logged_without_what_it_quotes(
    trouble: Callable[[], Awaitable[Result]],
    first_pause: float,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        turns = Turns(trouble)
        loop = loop_with(turns, monkeypatch)
        working = await at_work(loop)
        wake(loop, BAD)
        await asyncio.sleep(3600)
        times = turns.times_of(BAD)
        pauses = [later - earlier for earlier, later in pairwise(times)]
        assert pauses[0] >= first_pause
        assert pauses[-1] >= max(30, first_pause)
        working.cancel()
        await asyncio.wait([working])

    with logged("DEBUG") as lines:
        in_virtual_time(story)
    assert SECRET not in str(lines)
    assert any(text.startswith(said) for text in messages(lines))


def test_who_has_lost_the_lease_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        loop = loop_with(Turns(lose), monkeypatch)
        working = await at_work(loop)
        wake(loop, BAD)
        with pytest.raises(BaseExceptionGroup) as ended:
            await working
        assert ended.value.subgroup(LeadershipLostError)

    in_virtual_time(story)


def test_what_is_in_hand_is_finished_when_the_loop_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        finished: list[str] = []

        async def take_a_while() -> Result:
            await asyncio.sleep(5)
            finished.append("bad")
            return Result(True, None)

        turns = Turns(take_a_while)
        loop = loop_with(turns, monkeypatch)
        working = await at_work(loop)
        wake(loop, BAD)
        await asyncio.sleep(1)
        loop.close()
        wake(loop, GOOD)
        async with asyncio.timeout(10):
            await working
        assert finished == ["bad"]
        assert turns.times_of(GOOD) == []

    in_virtual_time(story)


def test_who_stands_by_queues_nothing_and_begins_with_all_that_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        turns = Turns(crash)
        loop = loop_with(turns, monkeypatch)
        metadata = {"name": GOOD.name, "namespace": GOOD.namespace, "uid": "u", "resourceVersion": "1"}
        loop.informers.written(GOOD, {"metadata": metadata})
        wake(loop, BAD)
        assert len(loop.queue) == 0
        working = await at_work(loop)
        await asyncio.sleep(1)
        assert [namespace for _, namespace in turns.begun] == [GOOD.namespace]
        working.cancel()
        await asyncio.wait([working])

    in_virtual_time(story)


def test_at_debug_level_the_log_says_why_how_long_with_what_result_and_when_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def take_a_while() -> Result:
        await asyncio.sleep(2)
        return Result(True, 300.0)

    async def story() -> None:
        controller = loop_with(Turns(take_a_while), monkeypatch)
        working = await at_work(controller)
        secret = SECRETS.key(BAD.namespace, "creds")
        controller.enqueue(Change(secret, "7"), (BAD,))
        await asyncio.sleep(3)
        working.cancel()
        await asyncio.wait([working])

    with logged("DEBUG") as lines:
        in_virtual_time(story)
    assert messages(lines) == [
        "reconciling 0.000 s after this: Secret bad/creds at version 7",
        "reconciled in 2.000 s: requeue_after; next: in 300 s, or when something changes",
    ]
    assert {(line["controllerKind"], line["namespace"], line["name"]) for line in lines} == {
        ("NatsCluster", "bad", "c")
    }
    assert len({line["reconcileID"] for line in lines}) == 1


def test_a_worker_tells_by_its_name_what_it_works_on(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        controller = loop_with(Turns(hang), monkeypatch)
        working = await at_work(controller)
        wake(controller, BAD)
        await asyncio.sleep(1)
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert {"worker 1", f"worker 0: {BAD}"} <= names or {"worker 0", f"worker 1: {BAD}"} <= names
        working.cancel()
        await asyncio.wait([working])

    in_virtual_time(story)


async def fail() -> Result:
    return Result(False, None)


async def report_a_conflict() -> Result:
    return Result(True, 0.0)


async def wait_for_a_pod() -> Result:
    return Result(True, 5.0)


async def succeed() -> Result:
    return Result(True, RESYNC)


@pytest.mark.parametrize(
    ("turn", "result", "panics"),
    [
        (succeed, "success", 0),
        (wait_for_a_pod, "requeue_after", 0),
        (report_a_conflict, "requeue", 0),
        (fail, "error", 0),
        (crash, "error", 1),
    ],
)
def test_a_turn_is_counted_by_its_result(
    monkeypatch: pytest.MonkeyPatch, turn: Callable[[], Awaitable[Result]], result: str, panics: int
) -> None:
    async def take_a_while() -> Result:
        await asyncio.sleep(0.5)
        return await turn()

    async def story() -> None:
        controller = loop_with(Turns(take_a_while), monkeypatch, metrics)
        working = await at_work(controller)
        wake(controller, BAD)
        await asyncio.sleep(0.25)
        assert value(metrics, "controller_runtime_active_workers", controller="natscluster") == 1
        assert value(metrics, "workqueue_unfinished_work_seconds", **queue) == 0.25
        await asyncio.sleep(0.5)
        counted = {each: value(metrics, RECONCILED_TOTAL, controller="natscluster", result=each) for each in RESULTS}
        assert {each: number for each, number in counted.items() if number} == {result: 1}
        errors = "controller_runtime_reconcile_errors_total"
        assert value(metrics, errors, controller="natscluster") == (result == "error")
        assert value(metrics, "controller_runtime_reconcile_panics_total", controller="natscluster") == panics
        assert value(metrics, "workqueue_retries_total", **queue) == (result == "error")
        assert value(metrics, "workqueue_work_duration_seconds_sum", **queue) == 0.5
        assert value(metrics, "controller_runtime_max_concurrent_reconciles", controller="natsbox") == 2
        working.cancel()
        await asyncio.wait([working])

    metrics, queue = Metrics("test"), {"name": "natscluster", "controller": "natscluster"}
    in_virtual_time(story)
