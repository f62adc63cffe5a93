"""The API server in memory is held to the real one: what it answered in simulations, the real one answers, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.simulation.generation import peaceful
from tests.simulation.recording import Exchange
from tests.simulation.scenario import Scenario, ending
from tests.simulation.steps import EDITS, Step, custom_resource
from tests.simulation.truth import Replay, objects_in
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.control_plane import ControlPlane

TRACES: Final = 24
EDITS_AT_ONCE: Final = 8


def scenarios() -> list[Scenario]:
    """Scenarios in which nothing goes wrong, each in namespaces of its own."""
    found: list[Scenario] = []

    @seed(1)
    @settings(max_examples=TRACES, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(peaceful)
    def draw(scenario: Scenario) -> None:
        found.append(scenario)

    draw()
    found += [_edited(edits) for edits in _batches(sorted(EDITS), EDITS_AT_ONCE)]
    return [
        Scenario.from_json(each.to_json().replace('"prod"', f'"prod-{n}"').replace('"dev"', f'"dev-{n}"'))
        for n, each in enumerate(found)
    ]


def _batches(names: list[str], most: int) -> Iterator[tuple[str, ...]]:
    return (tuple(names[start : start + most]) for start in range(0, len(names), most))


def _edited(edits: tuple[str, ...]) -> Scenario:
    """A cluster and a box, all of whose children are edited by hand, one way after the other."""
    where = {"namespace": "prod"}
    made = (
        custom_resource("NatsCluster", "a", {"replicas": 3}),
        custom_resource("NatsBox", "box", {"clusterRef": {"name": "a"}}),
    )
    done = [
        Step(4.0, "edit", {**where, "owner": "box" if EDITS[edit].is_of_box else "a", "edit": edit}) for edit in edits
    ]
    return Scenario(0, 1, (), (), (*(Step(0.0, "put", {**where, "manifest": each}) for each in made), *done))


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.steps[-1].do)
def test_the_real_api_server_answers_and_ends_up_the_same(quiet_plane: ControlPlane, scenario: Scenario) -> None:
    world = run_in_virtual_time(ending(scenario), seed=scenario.seed)
    client = quiet_plane.cluster.client
    for namespace in _namespaces(world):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    replay = Replay(client)
    replay.run(world.recording.exchanges())

    lies = [*replay.lies, *replay.compare(objects_in(world.server.storage))]
    assert not lies, "\n".join(lies) + f"\n\n{world.recording}\n{scenario.to_json()}"


def _namespaces(world: World) -> list[str]:
    def of(exchange: Exchange) -> str:
        return exchange.request.path.partition("/namespaces/")[2].partition("/")[0]

    return sorted({of(each) for each in world.recording.exchanges()} - {""})
