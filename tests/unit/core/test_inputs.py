"""Inputs: what is decided from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from natsop_core.inputs import Inputs

NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Decision:
    """A pure function that counts its calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, resource: str, inputs: Inputs) -> str:
        self.calls.append(resource)
        return f"{resource} {len(inputs.found)}"


def test_a_decision_is_made_once_for_a_resource_and_its_inputs() -> None:
    decide, inputs = Decision(), Inputs(now=NOW)
    assert [inputs.once(decide, "a"), inputs.once(decide, "a")] == ["a 0", "a 0"]
    assert decide.calls == ["a"]


def test_another_resource_or_other_inputs_are_decided_anew() -> None:
    decide, inputs = Decision(), Inputs(now=NOW)
    inputs.once(decide, "a")
    assert inputs.once(decide, "b") == "b 0"
    assert replace(inputs, now=NOW).once(decide, "b") == "b 0"
    assert decide.calls == ["a", "b", "b"]


def test_what_was_decided_makes_no_difference_between_inputs() -> None:
    decided, fresh = Inputs(now=NOW), Inputs(now=NOW)
    decided.once(Decision(), "a")
    assert decided == fresh
    assert repr(decided) == repr(fresh)
