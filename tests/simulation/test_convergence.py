"""Whatever happens on the way, what people want is what they get in the end, and nothing else is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.hypothesis_profiles import examples
from tests.simulation.generation import REQUIRED, scenarios
from tests.simulation.scenario import Scenario, play

FAILURE = """\
{count} problems:
{problems}

The scenario is in {file}. To see what happened, request by request:
  PYTHONHASHSEED=0 python -m tests.simulation replay {file}

{scenario}
"""


@pytest.mark.parametrize("part", range(4))
@settings(max_examples=examples(usual=50, fuzz=1300))
@given(scenario=scenarios)
def test_after_any_trouble_it_converges_to_what_would_be_without(scenario: Scenario, part: int, tmp_path: Path) -> None:
    outcome = play(scenario, REQUIRED)
    if outcome.problems:
        file = tmp_path / "scenario.json"
        file.write_text(scenario.to_json())
        pytest.fail(
            FAILURE.format(
                count=len(outcome.problems),
                problems="\n".join(outcome.problems[:30]),
                file=file,
                scenario=scenario.to_json(),
            )
        )
