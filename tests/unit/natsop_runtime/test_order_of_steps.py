"""In which order the steps of a plan are tried, which of them have to wait, and until when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from natsop_core.kinds import CONFIG_MAPS, ApiResource
from natsop_core.outcomes import HeldBack, Taken, Unchanged
from natsop_core.plan import Plan
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, UnavailableError
from natsop_runtime.deferred_steps import NOT_TRIED
from natsop_runtime.executor import Executor
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.scripted_kube import (
    CREATED,
    TOY,
    KnownObjects,
    Object,
    ScriptedKube,
    carry_out,
    invalid,
    live,
    manifest,
)


class SlowKube(ScriptedKube):
    """Says yes at once, but holds some objects up for half a minute, as a webhook can, before it says no."""

    def __init__(self, refusal: ApiError) -> None:
        super().__init__()
        self.refusal = refusal
        self.held_up: set[str] = set()

    async def apply(self, _resource: ApiResource, key: ObjectKey, body: Object, **_options: bool) -> Any:
        self.asked.append(key.name)
        if key.name in self.held_up:
            await asyncio.sleep(30)
            raise self.refusal
        return live(body)


PLAN = Plan(apply=tuple(manifest(name) for name in "abcdef"))


def turns(kube: SlowKube, *held_up: str, forget: bool = False, plan: Plan = PLAN) -> list[str]:
    """What is applied in turns one after the other, in which those named are held up; nothing is ever there yet."""

    async def story() -> list[str]:
        executor = Executor(kube, KnownObjects(), None)  # type: ignore[arg-type]
        asked: list[str] = []
        for names in held_up:
            kube.held_up, kube.asked = set(names), []
            outcomes = await executor.execute(TOY, plan, set())
            assert tuple(outcomes) == plan.targets, "what the user reads is in the plan's order"
            tried = {key.name for key, each in outcomes.items() if each != NOT_TRIED and not isinstance(each, HeldBack)}
            assert tried == set(kube.asked)
            asked.append("".join(kube.asked))
            if forget:
                executor.forget(TOY)
        return asked

    return in_virtual_time(story)


@pytest.mark.parametrize("refusal", [UnavailableError("timeout"), ForbiddenError("no")])
def test_steps_that_took_long_in_vain_come_last_so_that_all_have_their_turn(refusal: ApiError) -> None:
    assert turns(SlowKube(refusal), "abc", "abc", "abc", "abc") == ["ab", "cdefa", "defbc", "defab"]


def test_what_gets_through_at_last_has_its_place_again() -> None:
    assert turns(SlowKube(UnavailableError("timeout")), "ab", "", "") == ["ab", "cdefab", "abcdef"]


def test_what_fails_quickly_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.deferred_steps.LONG", 30.0)
    assert turns(SlowKube(UnavailableError("overloaded")), "a", "a") == ["abcdef", "abcdef"]


def test_what_took_long_is_forgotten_with_its_custom_resource() -> None:
    assert turns(SlowKube(UnavailableError("timeout")), "ab", "ab", forget=True) == ["ab", "ab"]


def in_order(*names: str, **first: Iterable[str]) -> Plan:
    """A plan of these objects, in which `b="a"` says that b comes after a."""
    after = {CONFIG_MAPS.key("prod", key): tuple(CONFIG_MAPS.key("prod", each) for each in first[key]) for key in first}
    return Plan(apply=tuple(manifest(name) for name in names), after=after)


@pytest.mark.parametrize(
    "error", [ForbiddenError("quota"), UnavailableError("timeout"), invalid()], ids=["forbidden", "timeout", "invalid"]
)
def test_what_has_to_come_after_an_object_that_failed_is_held_back_and_nothing_else(error: ApiError) -> None:
    kube = ScriptedKube(error, live(manifest("b")))
    outcomes = carry_out(in_order("a", "b", "c", "d", c="ba", d="c"), kube, KnownObjects())
    assert outcomes[1:] == [CREATED, HeldBack(CONFIG_MAPS.key("prod", "a")), HeldBack(CONFIG_MAPS.key("prod", "c"))]
    assert kube.asked == ["create a", "create b"]


def test_what_has_to_come_after_a_name_that_is_taken_is_held_back() -> None:
    theirs = live(manifest("a"), owners=[])
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(), KnownObjects(theirs))
    assert outcomes == [Taken(None), HeldBack(CONFIG_MAPS.key("prod", "a"))]


def test_what_is_as_applied_waits_for_nothing() -> None:
    stores = KnownObjects(live(manifest("b")))
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(UnavailableError("timeout")), stores)
    assert outcomes[1] == Unchanged()


def test_a_taken_name_is_told_though_it_would_have_to_wait() -> None:
    stores = KnownObjects(live(manifest("b"), owners=[]))
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(UnavailableError("timeout")), stores)
    assert outcomes[1] == Taken(None)


def test_what_comes_after_an_object_that_got_through_is_applied() -> None:
    kube = ScriptedKube(live(manifest("a")), live(manifest("b")))
    assert carry_out(in_order("a", "b", b="a"), kube, KnownObjects()) == [CREATED, CREATED]


def test_what_waits_for_a_step_that_took_long_in_vain_comes_last_with_it() -> None:
    plan = in_order("a", "b", "c", "d", b="a", d="b")
    asked = turns(SlowKube(UnavailableError("timeout")), "a", "", "", plan=plan)
    assert asked == ["ac", "cabd", "abcd"]


def test_what_comes_after_something_that_is_as_applied_or_no_part_of_the_plan_is_applied() -> None:
    kube, stores = ScriptedKube(live(manifest("b"))), KnownObjects(live(manifest("a")))
    plan = in_order("a", "b", b=("a", "elsewhere"))
    assert carry_out(plan, kube, stores) == [Unchanged(), CREATED]
