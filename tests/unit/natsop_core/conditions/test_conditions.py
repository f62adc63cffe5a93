"""Conditions: how findings become them, when their times change, and which changes are worth an event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from natsop_core.conditions.condition import Condition, Status, as_status, first_finding
from natsop_core.conditions.summary import degraded, progressing, ready, stalled
from natsop_core.findings import Finding
from natsop_core.reasons import ConditionType
from natsop_core.report import Event, make_report
from tests.unit.natsop_core.world import NOW

SINCE = "2025-01-01T00:00:00Z"


def condition(type_: ConditionType, status: Status, text: str = "m") -> Condition:
    return Condition(type_, status, Finding("ApplyRejected", text))


def earlier(type_: str, status: str, text: str = "m") -> dict[str, Any]:
    return {
        "conditions": [{"type": type_, "status": status, "reason": "R", "message": text, "lastTransitionTime": SINCE}]
    }


def events(found: Condition, previous: Mapping[str, Any]) -> tuple[Event, ...]:
    return make_report([found], {}, previous, generation=1, now=NOW, requeue_after=[]).events


# From findings to conditions


def test_a_message_of_half_a_character_can_be_sent() -> None:
    [said] = as_status([condition("Degraded", "True", "half \ud800 a pair")], {}, generation=1, now=NOW)
    assert said["message"] == "half ? a pair"


def test_the_first_check_that_finds_something_decides() -> None:
    first, second = Finding("NotCreated", "a"), Finding("PodsNotReady", "b")
    assert first_finding([lambda _: None, lambda _: first, lambda _: second], None) is first


@pytest.mark.parametrize(("is_available", "under_way", "wrong"), list(product([True, False], repeat=3)))
def test_ready_is_available_with_nothing_under_way_and_nothing_wrong(
    is_available: bool, under_way: bool, wrong: bool
) -> None:
    found = ready(
        condition("Available", "True" if is_available else "False"),
        progressing([Finding("RollingOut", "g")] if under_way else []),
        degraded([Finding("InvalidSpec", "b")] if wrong else []),
        pod="server",
    )
    assert (found.status == "True") == (is_available and not under_way and not wrong)


def test_what_needs_a_person_explains_unreadiness_before_what_time_will_mend() -> None:
    found = ready(
        condition("Available", "False"),
        progressing([Finding("RollingOut", "g")]),
        degraded([Finding("InvalidSpec", "b")]),
        pod="server",
    )
    assert found.finding == Finding("InvalidSpec", "b")


def test_it_is_stalled_where_only_a_person_can_go_on_and_says_nothing_otherwise() -> None:
    passing, lasting = Finding("SecretNotFound", "it may come."), Finding("UnsafeScale", "set it back.")
    assert stalled([]) == stalled([passing]) == ()
    assert stalled([passing, lasting]) == (Condition("Stalled", "True", lasting),)


# Times


@pytest.mark.parametrize(
    ("was", "time"), [("True", SINCE), ("False", "2026-01-02T03:04:05Z"), ("Unknown", "2026-01-02T03:04:05Z")]
)
def test_a_transition_time_changes_only_with_the_status(was: str, time: str) -> None:
    [found] = as_status([condition("Ready", "True", "new")], earlier("Ready", was), generation=7, now=NOW)
    assert (found["lastTransitionTime"], found["message"], found["observedGeneration"]) == (time, "new", 7)


def test_a_new_condition_is_of_now() -> None:
    [found] = as_status([condition("Ready", "True")], earlier("Available", "True"), generation=1, now=NOW)
    assert found["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_a_fraction_of_a_second_is_no_time_for_kubernetes() -> None:
    now = NOW + timedelta(microseconds=999_999)
    [found] = as_status([condition("Ready", "True")], {}, generation=1, now=now)
    assert found["lastTransitionTime"] == "2026-01-02T03:04:05Z"


# Events


def test_what_has_become_wrong_is_told_once() -> None:
    bad = condition("Degraded", "True", "bad")
    assert events(bad, earlier("Degraded", "False")) == (Event("Warning", "ApplyRejected", "bad"),)
    assert events(bad, {}) == (Event("Warning", "ApplyRejected", "bad"),)
    assert events(bad, earlier("Degraded", "True", "bad")) == ()


def test_another_fault_is_told_too() -> None:
    [event] = events(condition("Degraded", "True", "worse"), earlier("Degraded", "True", "bad"))
    assert event.message == "worse"


def test_recovery_is_told_but_a_first_good_state_is_not() -> None:
    good = condition("Degraded", "False")
    assert [event.reason for event in events(good, earlier("Degraded", "True"))] == ["Recovered"]
    assert events(good, earlier("Degraded", "False")) == ()
    assert events(good, {}) == ()


@pytest.mark.parametrize(
    ("was", "status", "told"),
    [
        ("False", "True", [("Normal", "Available")]),
        ("True", "False", [("Warning", "Unavailable")]),
        ("True", "True", []),
        ("False", "False", []),
    ],
)
def test_becoming_available_or_unavailable_is_told(was: str, status: Status, told: list[tuple[str, str]]) -> None:
    found = events(condition("Available", status), earlier("Available", was))
    assert [(event.type, event.reason) for event in found] == told


def test_a_new_cluster_is_not_called_unavailable() -> None:
    assert events(condition("Available", "False"), {}) == ()


@pytest.mark.parametrize(
    ("was", "status", "told"),
    [("False", "True", 1), ("Unknown", "True", 0), ("True", "True", 0), ("True", "False", 0)],
)
def test_a_reload_that_was_waited_for_is_told(was: str, status: Status, told: int) -> None:
    assert len(events(condition("ConfigurationLoaded", status), earlier("ConfigurationLoaded", was))) == told


# The report


def test_the_shortest_delay_counts() -> None:
    report = make_report([], {"version": None}, {}, generation=1, now=NOW, requeue_after=[300.0, 5.0])
    assert report.requeue_after == 5
    assert report.status == {"observedGeneration": 1, "conditions": []}


def test_a_message_is_never_too_long_for_the_api_server() -> None:
    endless = Condition("Degraded", "True", Finding("ApplyRejected", "no. " * 100_000))
    [status] = as_status([endless], {}, generation=1, now=NOW)
    assert len(status["message"]) < 32768
