"""What outlives its custom resource is taken back by the next one of that name, whatever it wants by then."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.simulation.referred import JWT, REQUIRED
from tests.simulation.scenario import Scenario, play
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

CHILDREN: Final = (
    ("ConfigMap", "a-config"),
    ("Service", "a"),
    ("Service", "a-headless"),
    ("PodDisruptionBudget", "a-pdb"),
    ("StatefulSet", "a"),
)


def put(spec: Manifest, *, after: float) -> Step:
    return Step(after, "put", {"namespace": "prod", "manifest": custom_resource("NatsCluster", "a", spec)})


def named(do: str, kind: str, name: str, *, after: float = 0.0) -> Step:
    return Step(after, do, {"namespace": "prod", "kind": kind, "name": name})


@pytest.mark.parametrize("then", [{"replicas": 3}, {"replicas": 3, "config": {"nats": {"port": 4333}}}])
@pytest.mark.parametrize("away", [True, False], ids=["nobody is there", "the operator is there"])
def test_orphans_of_an_earlier_custom_resource_are_adopted(then: dict[str, Any], *, away: bool) -> None:
    steps = (
        put({"replicas": 3}, after=4.0),
        Step(20.0, "crash" if away else "compact", {"operator": 0} if away else {}),
        *(named("disown", kind, name, after=0.1) for kind, name in CHILDREN),
        named("delete", "NatsCluster", "a"),
        put(then, after=1.0),
    )
    scenario = Scenario(seed=1, operators=1, namespaces=(), installed=(), steps=steps)
    outcome = play(scenario, REQUIRED)
    assert not outcome.problems, outcome.report(scenario)
    adopted = [each for each in outcome.trace.splitlines() if " INFO adopted " in each]
    assert len(adopted) == len(CHILDREN) or not away, adopted


@pytest.mark.parametrize("owner_first", [True, False])
@pytest.mark.parametrize("away", [True, False], ids=["nobody is there", "the operator is there"])
def test_what_a_backup_brings_back_is_adopted(*, owner_first: bool, away: bool) -> None:
    """Without owners, UIDs, managedFields and status."""
    restored = Step(0.1, "restore_backup", {"namespace": "prod", "name": "a", "owner_first": owner_first})
    steps = (
        put({"replicas": 3, "config": {"jetstream": {"enabled": True}}}, after=4.0),
        Step(20.0, "crash" if away else "compact", {"operator": 0} if away else {}),
        restored,
        put({"replicas": 3, "config": {"jetstream": {"enabled": True}, "nats": {"port": 4333}}}, after=20.0),
    )
    scenario = Scenario(seed=1, operators=1, namespaces=(), installed=(), steps=steps)
    outcome = play(scenario, REQUIRED)
    assert not outcome.problems, outcome.report(scenario)
    adopted = [each for each in outcome.trace.splitlines() if " INFO adopted " in each]
    assert len(adopted) == len(CHILDREN), adopted


@pytest.mark.parametrize("owner_first", [True, False])
@pytest.mark.parametrize("after", [60.0, 0.05], ids=["adopted before", "not adopted yet"])
def test_what_a_backup_brings_back_goes_when_nobody_wants_it_any_more(after: float, *, owner_first: bool) -> None:
    steps = (
        *(Step(0.0, "put", {"namespace": "prod", "manifest": each}) for each in REQUIRED),
        put({"auth": {"jwt": JWT}}, after=0.0),
        Step(20.0, "restore_backup", {"namespace": "prod", "name": "a", "owner_first": owner_first}),
        put({}, after=after),
    )
    scenario = Scenario(seed=1, operators=1, namespaces=(), installed=(), steps=steps, has_pods=True)
    outcome = play(scenario, REQUIRED)
    assert not outcome.problems, outcome.report(scenario)
