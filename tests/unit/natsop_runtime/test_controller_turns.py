"""Whom a change wakes, when a turn is tried again, and what the log says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest

from natsop_core.kinds import PODS, SECRETS
from natsop_core.references import LabelledRef, ObjectKey
from natsop_runtime import controller as controller_module
from natsop_runtime.api_server.errors import ApiError, UnavailableError
from natsop_runtime.cache.informers import Change
from natsop_runtime.controller import RECONCILE_TIMEOUT, STUCK_AFTER, Controller
from natsop_runtime.metrics import Metrics
from natsop_runtime.reconciler import Result
from natsop_runtime.reference_index import ReferenceIndex
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.logged import logged, messages
from tests.unit.natsop_runtime.metrics.exposed import value
from tests.unit.natsop_runtime.turns import BAD, SECRET, Turns, at_work, crash, hang, loop_with, wake


def played(
    turn: Callable[[], Awaitable[Result]],
    story: Callable[[Controller, Turns], Awaitable[None]],
    metrics: Metrics | None = None,
) -> list[str]:
    """What is logged while a controller works, at a time other than 0."""

    async def whole() -> None:
        await asyncio.sleep(1000)
        turns = Turns(turn)
        with pytest.MonkeyPatch.context() as patch:
            controller = loop_with(turns, patch, metrics)
            working = await at_work(controller)
            await story(controller, turns)
            working.cancel()
            await asyncio.wait([working])

    with logged("DEBUG") as lines:
        in_virtual_time(whole)
    return messages(lines)


async def failed(requeue_after: float | None) -> Result:
    return Result(False, requeue_after)


async def refused() -> Result:
    raise ApiError("no")


async def done() -> Result:
    return Result(True, None)


@pytest.mark.parametrize("changed", ["an object", "a label", "a pod that recovered"])
def test_whoever_refers_to_what_has_changed_is_woken(changed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key, label, pod = SECRETS.key("bad", "creds"), LabelledRef("v1", "Pod", "bad", "c"), PODS.key("bad", "c-0")
    wanted: dict[str, ObjectKey | LabelledRef] = {"an object": key, "a label": label, "a pod that recovered": pod}

    async def story(controller: Controller, turns: Turns) -> None:
        index.replace(BAD, [wanted[changed]])
        if changed == "a pod that recovered":
            controller.pod_recovered(pod)
        else:
            controller.enqueue(Change(key, "7"), (), (label,))
        await asyncio.sleep(1)
        assert len(turns.times_of(BAD)) == 1

    index = ReferenceIndex()
    monkeypatch.setattr(controller_module, "ReferenceIndex", lambda: index)
    played(done, story)


@pytest.mark.parametrize("succeeded", [True, False])
def test_a_change_of_our_own_is_no_reason_to_reconcile_again(*, succeeded: bool) -> None:
    own = Change(BAD, "8")

    class Writes(Turns):
        async def reconcile(self, key: ObjectKey, expectations: set[Change]) -> Result:
            expectations.add(own)
            controllers[0].enqueue(own, (BAD,))
            return await super().reconcile(key, expectations)

    async def turn() -> Result:
        return Result(succeeded, 3600.0)

    async def story() -> None:
        with pytest.MonkeyPatch.context() as patch:
            turns = Writes(turn)
            controllers.append(loop_with(turns, patch))
            working = await at_work(controllers[0])
            wake(controllers[0], BAD)
            await asyncio.sleep(600)
            assert len(turns.times_of(BAD)) == 1
            working.cancel()
            await asyncio.wait([working])

    controllers: list[Controller] = []
    in_virtual_time(story)


def test_a_worker_is_called_by_its_number_again_when_it_is_done() -> None:
    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(1)
        assert {"worker 0", "worker 1"} <= {task.get_name() for task in asyncio.all_tasks()}

    played(done, story)


@pytest.mark.parametrize(
    ("turn", "pauses"),
    [
        (crash, (0.5, 0.99)),
        (hang, (0.5, 0.99)),
        (lambda: failed(None), (0.5, 0.99)),
        (lambda: failed(200.0), (200.0, 200.0)),
        (refused, (0.5, 0.99)),
    ],
    ids=["crashed", "hung", "failed", "failed with a pause", "refused"],
)
def test_after_a_first_failure_it_is_tried_again_soon_or_when_the_result_says(
    turn: Callable[[], Awaitable[Result]], pauses: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("natsop_runtime.backoff.random.uniform", lambda *_: 0.9)

    async def story(controller: Controller, turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(400)
        times = turns.times_of(BAD)
        first = next(later - earlier for earlier, later in pairwise(times))
        took = RECONCILE_TIMEOUT if turn is hang else 0.0
        assert pauses[0] <= round(first - took, 6) <= pauses[1]

    played(turn, story)


def test_the_log_tells_of_a_turn_that_is_not_done_in_time_which_is_no_fault_of_ours() -> None:
    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(RECONCILE_TIMEOUT + 0.1)
        assert value(metrics, "controller_runtime_reconcile_panics_total", controller="natscluster") == 0

    metrics = Metrics("test")
    assert f"not done within {RECONCILE_TIMEOUT:g} s" in played(hang, story, metrics)


def test_the_debug_log_has_the_error_and_the_place_of_a_crash() -> None:
    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(0.1)

    assert "failed: no" in played(refused, story)
    said = played(crash, story)
    assert any("raise ValueError(SECRET)" in line for line in said), "the source, not the value"
    assert SECRET not in str(said)


def test_a_reconciliation_that_works_again_ends_the_outage_that_it_noticed() -> None:
    answers = iter([UnavailableError("timeout")])

    async def fails_once() -> Result:
        if error := next(answers, None):
            await asyncio.sleep(0)
            raise error
        return Result(True, 600.0)

    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(0.1)
        assert controller.informers.outages.is_on
        await asyncio.sleep(10)
        assert not controller.informers.outages.is_on

    played(fails_once, story)


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (Result(True, None), "success; next: never, it is gone"),
        (Result(True, 0.5), "requeue_after; next: in 0.5 s, or when something changes"),
    ],
)
def test_the_debug_log_says_how_it_went_and_when_it_goes_on(result: Result, told: str) -> None:
    async def turn() -> Result:
        await asyncio.sleep(2)
        return result

    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(2.1)

    said = played(turn, story)
    assert said[0] == f"reconciling 0.000 s after this: {BAD} at version 1"
    assert said[1] == f"reconciled in 2.000 s: {told}"


def test_a_change_during_a_reconciliation_is_a_reason_to_begin_again_at_once() -> None:
    async def turn() -> Result:
        await asyncio.sleep(2)
        return Result(True, 600.0)

    async def story(controller: Controller, _turns: Turns) -> None:
        wake(controller, BAD)
        await asyncio.sleep(1)
        controller.enqueue(Change(BAD, "2"), (BAD,))
        await asyncio.sleep(1.5)

    assert "reconciled in 2.000 s: success; next: at once: something has changed meanwhile" in played(turn, story)


def test_it_is_wedged_from_the_moment_on_and_never_without_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controller_module, "RECONCILE_TIMEOUT", 10 * STUCK_AFTER)

    async def story(controller: Controller, _turns: Turns) -> None:
        assert controller.wedged() == ""
        wake(controller, BAD)
        await asyncio.sleep(0)
        begun = asyncio.get_running_loop().time()
        await asyncio.sleep(begun + STUCK_AFTER - asyncio.get_running_loop().time())
        assert controller.wedged() == f"{BAD} has been worked on for {STUCK_AFTER:.0f} s"

    played(hang, story)
