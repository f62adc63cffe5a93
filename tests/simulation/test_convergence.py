"""Whatever happens on the way, what people want is what they get in the end, and nothing else is touched."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given, settings

from tests.hypothesis_profiles import examples, part_of_usual
from tests.simulation.generation import scenarios
from tests.simulation.histories import histories
from tests.simulation.referred import REQUIRED
from tests.simulation.scenario import Scenario, play

PARTS: Final = 5
"""So that they can be spread over processes."""

PARTS_OF_HISTORIES: Final = 2


@pytest.mark.parametrize("part", range(PARTS))
def test_after_any_trouble_it_converges_to_what_would_be_without(part: int) -> None:
    @part_of_usual(part)
    @settings(max_examples=examples(usual=40, fuzz=1000))
    @given(scenario=scenarios)
    def converges(scenario: Scenario) -> None:
        outcome = play(scenario, REQUIRED)
        assert not outcome.problems, outcome.report(scenario)

    converges()


@pytest.mark.parametrize("part", range(PARTS_OF_HISTORIES))
def test_what_is_refused_changes_nothing_whatever_goes_wrong_meanwhile(part: int) -> None:
    @part_of_usual(part)
    @settings(max_examples=examples(usual=20, fuzz=500))
    @given(scenario=histories)
    def converges(scenario: Scenario) -> None:
        outcome = play(scenario, REQUIRED)
        assert not outcome.problems, outcome.report(scenario)

    converges()
