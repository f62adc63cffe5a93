"""All kinds of scenarios, by what they look for, and how to draw one of them without Hypothesis' search."""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.simulation.elections import elections
from tests.simulation.generation import scenarios
from tests.simulation.histories import histories
from tests.simulation.races import races
from tests.simulation.rollouts import rollouts
from tests.simulation.scenario import Scenario

FAMILIES: Final[dict[str, st.SearchStrategy[Scenario]]] = {
    "trouble": scenarios,
    "histories": histories,
    "elections": elections,
    "races": races,
    "rollouts": rollouts,
}


def drawn(strategy: st.SearchStrategy[Scenario], number: int) -> Scenario:
    """The scenario that this number stands for."""
    found: list[Scenario] = []

    @seed(number)
    @settings(
        max_examples=2,  # the first is the simplest, whatever the seed
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(scenario: Scenario) -> None:
        found.append(scenario)

    draw()
    return found[-1]
