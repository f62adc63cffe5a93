"""Scenarios of two operators, of which the leader hangs, is cut off or dies while people want something of it."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from tests.simulation.generation import Steps, at_once, crashes, done, faults, intentions, one_after_the_other, pauses
from tests.simulation.scenario import Scenario

_operators: Final = st.integers(0, 1)
_beyond_the_lease: Final = st.sampled_from((45.0, 62.0, 70.0, 90.0, 140.0))
"""Seconds: without a renewal a leader has to end after 40, and another may lead after 60 (`LEASE_SECONDS`)."""

_while_nobody_leads: Final = st.sampled_from((1.0, 20.0, 40.0, 60.0))

_stalls: Final = done("stall", operator=_operators, seconds=_beyond_the_lease)
_partitions: Final = done("partition", operator=_operators, seconds=_beyond_the_lease)
_leaves: Final = st.one_of(_stalls, _stalls, _partitions, crashes)

_episodes: Final[st.SearchStrategy[Steps]] = st.one_of(
    one_after_the_other(intentions, _leaves, pauses=at_once),
    one_after_the_other(intentions, _leaves, intentions, pauses=at_once),
    one_after_the_other(_leaves, intentions, pauses=_while_nobody_leads),
    one_after_the_other(_leaves, intentions, _leaves, intentions, pauses=_while_nobody_leads),
    one_after_the_other(_leaves, intentions, faults, pauses=pauses),
)

elections: Final = st.builds(
    Scenario,
    seed=st.integers(0, 2**32 - 1),
    operators=st.just(2),
    namespaces=st.just(()),
    installed=st.just(()),
    steps=st.builds(
        lambda first, rest: (*first, *(step for episode in rest for step in episode)),
        st.lists(intentions, min_size=1, max_size=3),
        st.lists(_episodes, min_size=2, max_size=6),
    ),
)
