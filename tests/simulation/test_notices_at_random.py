"""Random scenarios alone, which nobody wrote for it, show faults that were put into the operator on purpose."""

from __future__ import annotations

from typing import Final

import pytest

from tests.simulation.families import FAMILIES, drawn
from tests.simulation.mutations import MUTATIONS
from tests.simulation.referred import REQUIRED
from tests.simulation.scenario import play

WITHIN: Final = 20
"""Scenarios of a family, always the same."""

HARD_TO_SEE: Final = {"gate_is_open": "elections", "references_known_too_late": "races"}
"""Faults that need two things at one moment, by the family of scenarios that brings these about."""


@pytest.mark.parametrize("name", HARD_TO_SEE)
def test_a_fault_that_needs_a_coincidence_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTATIONS[name](monkeypatch)
    strategy = FAMILIES[HARD_TO_SEE[name]]

    assert any(play(drawn(strategy, number), REQUIRED).problems for number in range(WITHIN))
