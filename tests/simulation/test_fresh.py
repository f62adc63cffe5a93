"""Scenarios that no earlier run has played: what is sound must be so wherever one looks."""

from __future__ import annotations

from typing import Final

import pytest

from tests.hypothesis_profiles import examples
from tests.simulation.families import FAMILIES, drawn
from tests.simulation.fresh import SEED, VARIABLE
from tests.simulation.referred import REQUIRED
from tests.simulation.scenario import play

FRESH: Final = examples(usual=50, fuzz=1500)


@pytest.mark.parametrize("number", range(FRESH))
def test_in_a_scenario_never_played_before_it_converges(number: int) -> None:
    strategy = list(FAMILIES.values())[number % len(FAMILIES)]
    scenario = drawn(strategy, SEED + number)

    outcome = play(scenario, REQUIRED)

    assert not outcome.problems, f"{VARIABLE}={SEED} plays it again.\n{outcome.report(scenario)}"
