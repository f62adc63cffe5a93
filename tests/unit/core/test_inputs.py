"""Inputs: what is decided from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from natsop_core.inputs import Forbidden, Inputs
from natsop_core.kinds import CONFIG_MAPS
from natsop_core.references import ObjectRef

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


def test_long_texts_and_many_objects_are_heavy_and_what_is_usual_is_not() -> None:
    keys = [ObjectRef(CONFIG_MAPS.key("prod", f"c{number}")) for number in range(1000)]
    usual = {"data": {"nats.conf": "x" * 1_000}}
    assert not Inputs(NOW, {keys[0]: usual, keys[1]: None, keys[2]: Forbidden("no")}).is_heavy
    assert Inputs(NOW, {keys[0]: usual, keys[1]: {"data": {"nats.conf": "x" * 100_000}}}).is_heavy
    assert Inputs(NOW, dict.fromkeys(keys)).is_heavy
