"""What was made of a kind that others install is removed when nothing asks for it any more, whenever we were killed."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from tests.simulation.faults import FaultKind
from tests.simulation.referred import JWT, REQUIRED
from tests.simulation.scenario import Scenario, play
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

MONITORED: Final = {"promExporter": {"enabled": True, "podMonitor": {"enabled": True}}}
WITH_ACCOUNTS: Final = {"auth": {"jwt": JWT}}
RESOLVER_ALONE: Final = {
    "auth": {"jwt": {**JWT, "accounts": [{**each, "userCreds": None} for each in JWT["accounts"]]}}
}

MOST_WRITES: Final = 8
"""Of a cluster's first turn, its status and events among them."""


def put(spec: Manifest, *, after: float) -> Step:
    return Step(after, "put", {"namespace": "prod", "manifest": custom_resource("NatsCluster", "a", spec)})


@pytest.mark.parametrize("kind", [each for each in get_args(FaultKind) if each.startswith("crash")])
@pytest.mark.parametrize("writes", range(MOST_WRITES))
@pytest.mark.parametrize(
    ("wanted", "then"), [(MONITORED, {}), (WITH_ACCOUNTS, RESOLVER_ALONE)], ids=["PodMonitor", "Account"]
)
def test_what_was_made_just_before_the_operator_was_killed_is_not_forgotten(
    wanted: Manifest, then: Manifest, writes: int, kind: str
) -> None:
    """It is turned off while nobody is there to see it made."""
    references = tuple(Step(0.0, "put", {"namespace": "prod", "manifest": each}) for each in REQUIRED)
    steps = (
        *references,
        Step(4.0, "fault", {"kind": kind, "to": "write", "after": writes}),
        put(wanted, after=0.0),
        put(then, after=2.0),
    )
    installed = (POD_MONITORS.api_version, NACK_ACCOUNTS.api_version)
    scenario = Scenario(seed=1, operators=1, namespaces=(), installed=installed, steps=steps)
    outcome = play(scenario, REQUIRED)
    assert not outcome.problems, outcome.report(scenario)
