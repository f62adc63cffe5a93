"""Which steps come last, and that none comes before what it waits for."""

from __future__ import annotations

import pytest

from natsop_core.kinds import CLUSTERS, CONFIG_MAPS
from natsop_core.outcomes import Applied, Failed, HeldBack, Outcome, Unchanged
from natsop_core.references import ObjectKey
from natsop_runtime.deferred_steps import LONG, NOT_TRIED, DeferredSteps, Try

CLUSTER = CLUSTERS.key("prod", "c")
A, B, C = (CONFIG_MAPS.key("prod", name) for name in "abc")
STEPS = (A, B, C)
FAILED = Failed("timeout", 1.0)
LATE = LONG + 0.1


def steps_after(*turns: dict[ObjectKey, Try], after: dict[ObjectKey, tuple[ObjectKey, ...]] | None = None) -> str:
    """The names of the steps, in the order of the turn that follows these."""
    deferred = DeferredSteps()
    for tries in turns:
        deferred.note(CLUSTER, tries)
    return "".join(key.name for key in deferred.order(CLUSTER, STEPS, after or {}))


@pytest.mark.parametrize(
    ("outcome", "seconds", "order"),
    [
        (FAILED, LATE, "bca"),
        (FAILED, LONG, "abc"),
        (Applied(), LATE, "abc"),
        (Unchanged(), LATE, "abc"),
        (HeldBack(B), LATE, "bca"),
    ],
)
def test_only_what_took_long_in_vain_comes_last(outcome: Outcome, seconds: float, order: str) -> None:
    assert steps_after({A: Try(outcome, seconds)}) == order


def test_what_comes_last_and_was_not_tried_comes_before_what_took_long_since() -> None:
    assert steps_after({A: Try(FAILED, LATE)}, {A: Try(NOT_TRIED, 0.0), B: Try(FAILED, LATE)}) == "cab"


def test_what_has_its_turn_again_comes_in_its_place_again() -> None:
    assert steps_after({A: Try(FAILED, LATE)}, {A: Try(Applied(), 0.0)}) == "abc"


def test_a_step_that_is_no_longer_part_of_the_plan_is_forgotten() -> None:
    gone = CONFIG_MAPS.key("prod", "gone")
    assert steps_after({gone: Try(FAILED, LATE)}) == "abc"
    assert steps_after({gone: Try(FAILED, LATE)}, {A: Try(Applied(), 0.0)}) == "abc"


def test_what_waits_for_a_step_that_comes_last_comes_after_it() -> None:
    assert steps_after({A: Try(FAILED, LATE)}, after={B: (A,)}) == "cab"


def test_of_two_that_come_last_the_one_that_waits_for_the_other_comes_after_it() -> None:
    turns = {C: Try(FAILED, LATE)}, {C: Try(NOT_TRIED, 0.0), A: Try(FAILED, LATE)}
    assert steps_after(*turns) == "bca"
    assert steps_after(*turns, after={C: (A,)}) == "bac"


def test_what_waits_for_something_that_is_not_part_of_the_plan_waits_for_nothing() -> None:
    assert steps_after(after={B: (CONFIG_MAPS.key("prod", "elsewhere"),)}) == "abc"


def test_nothing_is_remembered_of_a_custom_resource_that_is_gone() -> None:
    deferred = DeferredSteps()
    deferred.note(CLUSTER, {A: Try(FAILED, LATE)})
    deferred.forget(CLUSTER)
    assert deferred.order(CLUSTER, STEPS, {}) == [A, B, C]
