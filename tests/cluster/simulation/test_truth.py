"""The API server in memory is held to the real one: what it answered in simulations, the real one answers, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from natsop_core.kinds import OPTIONAL
from tests.cluster.integrations import install_integrations
from tests.simulation.edits import EDITS
from tests.simulation.generation import peaceful
from tests.simulation.histories import Wish
from tests.simulation.recording import HttpClient
from tests.simulation.referred import JWT, REQUIRED, STREAM
from tests.simulation.scenario import Scenario, ending
from tests.simulation.steps import Step, custom_resource
from tests.simulation.truth import Replay, objects_in
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane

TRACES: Final = 24
EDITS_AT_ONCE: Final = 8
ALL_INSTALLED: Final = tuple(kind.api_version for kind in OPTIONAL)

TLS: Final = {"enabled": True, "secretName": "tls"}
WITH_ALL_KINDS: Final[Manifest] = {
    "replicas": 3,
    "auth": {"jwt": JWT},
    "promExporter": {"enabled": True, "podMonitor": {"enabled": True}},
}
"""Of a cluster that makes a PodMonitor and an Account for NACK, too."""

INTEGRATED: Final[tuple[Manifest, ...]] = (
    {"auth": {"jwt": JWT}, "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}}, "config": {"nats": {"tls": TLS}}},
    WITH_ALL_KINDS,
    {"auth": {"jwt": JWT}, "service": {"enabled": False}},
    {"promExporter": {"enabled": True, "podMonitor": {"enabled": True, "interval": "5s", "labels": {"a": "b"}}}},
    {"replicas": 2},
)
"""Of a cluster whose PodMonitor and Account come, change and go."""

STREAMS: Final = Wish(replicas=1, store="claim", resolver="full")
WISHES: Final[dict[str, tuple[Wish, ...]]] = {
    "refused": (
        STREAMS,
        replace(STREAMS, replicas=3),
        replace(STREAMS, store="other claim", policy="OrderedReady"),
        replace(STREAMS, tokens="untrusted"),
        replace(STREAMS, replicas=3, allowed="replicas=1->3"),
        STREAMS,
        replace(STREAMS, prefix="x-"),
    ),
    "granted": (
        replace(STREAMS, store="off", resolver="none"),
        replace(STREAMS, store="folder", resolver="none"),
        replace(STREAMS, store="folder", resolver="memory", replicas=3, allowed="replicas=1->3"),
        replace(STREAMS, store="folder", resolver="memory", replicas=2, tokens="newer", allowed="replicas=3->2"),
    ),
}
"""What is wanted of a cluster whose servers have something to lose."""


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
    found += [_wished(*WISHES[name]) for name in WISHES]
    found += [_asked(*(custom_resource("NatsCluster", "a", spec) for spec in INTEGRATED)), _deleted()]
    return [
        Scenario.from_json(each.to_json().replace('"prod"', f'"prod-{n}"').replace('"dev"', f'"dev-{n}"'))
        for n, each in enumerate(found)
    ]


def _batches(names: list[str], most: int) -> Iterator[tuple[str, ...]]:
    return (tuple(names[start : start + most]) for start in range(0, len(names), most))


def _edited(edits: tuple[str, ...]) -> Scenario:
    """A cluster and a box, all of whose children are edited by hand, one way after the other."""
    made = _asked(
        custom_resource("NatsCluster", "a", WITH_ALL_KINDS),
        custom_resource("NatsBox", "box", {"clusterRef": {"name": "a"}}),
    )
    owners = {edit: "box" if EDITS[edit].is_of_box else "a" for edit in edits}
    done = (Step(4.0, "edit", {"namespace": "prod", "owner": owners[edit], "edit": edit}) for edit in edits)
    return replace(made, steps=(*made.steps, *done))


def _wished(*wishes: Wish) -> Scenario:
    return _asked(*(manifest for wish in wishes for manifest in wish.manifests))


def _deleted() -> Scenario:
    """A cluster is deleted while a Stream uses its Account, and the Stream later."""
    made = _asked(custom_resource("NatsCluster", "a", WITH_ALL_KINDS), STREAM)
    delete = (
        Step(8.0, "delete", {"namespace": "prod", "kind": kind, "name": name})
        for kind, name in (("NatsCluster", "a"), ("Stream", "orders"))
    )
    return replace(made, steps=(*made.steps, *delete))


def _asked(*manifests: Manifest) -> Scenario:
    """People want one thing after the other, each when the one before has had its effect."""
    there = (Step(0.0, "put", {"namespace": "prod", "manifest": each}) for each in REQUIRED)
    asked = (Step(4.0, "put", {"namespace": "prod", "manifest": each}) for each in manifests)
    return Scenario(0, 1, (), ALL_INSTALLED, (*there, *asked))


@pytest.fixture(scope="module")
def with_integrations(quiet_plane: ControlPlane) -> ControlPlane:
    install_integrations(quiet_plane.cluster.client)
    return quiet_plane


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.steps[-1].do)
def test_the_real_api_server_answers_and_ends_up_the_same(with_integrations: ControlPlane, scenario: Scenario) -> None:
    world = run_in_virtual_time(ending(scenario), seed=scenario.seed)
    client = with_integrations.cluster.client
    for namespace in _namespaces(world):
        client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    replay = Replay(client)
    replay.run(world.recording.exchanges())

    lies = [*replay.lies, *replay.compare(objects_in(world.server.storage))]
    assert not lies, "\n".join(lies) + f"\n\n{world.recording}\n{scenario.to_json()}"


def _namespaces(world: World) -> list[str]:
    def of(http_client: HttpClient) -> str:
        return http_client.request.path.partition("/namespaces/")[2].partition("/")[0]

    return sorted({of(each) for each in world.recording.exchanges()} - {""})
