"""A scenario: run it with all its trouble, then compare what came out with a cluster in which nothing went wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from natsop_core.kinds import OPTIONAL
from natsop_core.names import API_VERSION
from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES
from tests.simulation.people import MANAGER, People
from tests.simulation.picture import Picture, differences, picture
from tests.simulation.recording import Exchange
from tests.simulation.steps import Step, custom_resource, take
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.client import ApiError, Manifest

STARTED_AFTER: Final = 1.0
"""Seconds after which the operator is at work when people begin."""

TROUBLE_GOES_ON: Final = 2.0
"""Seconds for which things go wrong after the last step."""

SETTLED_AFTER: Final = 500.0
"""Seconds within which all must be well again: a silent watch is noticed after 150, whether a kind is served is asked
every 60, a dead leader is replaced after as long, and queues back off up to 60."""

CALM_AFTER: Final = 130.0
"""The same where nothing goes wrong: two rounds of asking which kinds are served."""

QUIET_FOR: Final = 150.0
"""Seconds for which operators that are started anew may write nothing then."""


REPORT: Final = """\
{problems}

What happened:
{trace}

The scenario; written to a file, it can be replayed: python -m tests.simulation FILE
{scenario}
"""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What people do and what goes wrong; the seed decides what takes how long.

    namespaces: those that the operators are limited to. installed: the optional kinds that there are from the start.
    """

    seed: int
    operators: int
    namespaces: tuple[str, ...]
    installed: tuple[str, ...]
    steps: tuple[Step, ...]

    def to_json(self) -> str:
        """As a file to be replayed."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        """What `to_json` wrote."""
        read = json.loads(text)
        return cls(
            seed=read["seed"],
            operators=read["operators"],
            namespaces=tuple(read["namespaces"]),
            installed=tuple(read["installed"]),
            steps=tuple(Step(**each) for each in read["steps"]),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a scenario, and what is wrong with it, a line each."""

    problems: tuple[str, ...]
    trace: str

    def report(self, scenario: Scenario) -> str:
        """All that a person needs to find out why."""
        problems = "\n".join(self.problems)
        return REPORT.format(problems=problems, trace=self.trace, scenario=scenario.to_json())


def play(scenario: Scenario, required: Sequence[Manifest]) -> Outcome:
    """Run the scenario and a calm one with the same intentions, and compare."""
    return run_in_virtual_time(_play(scenario, required), seed=scenario.seed)


async def _play(scenario: Scenario, required: Sequence[Manifest]) -> Outcome:
    async with World(
        seed=scenario.seed, operators=scenario.operators, namespaces=scenario.namespaces, safety_nets=False
    ) as world:
        world.server.unserved.update(
            each.api_version for each in OPTIONAL if each.api_version not in scenario.installed
        )
        world.start()
        await asyncio.sleep(STARTED_AFTER)
        for step in scenario.steps:
            await asyncio.sleep(step.after)
            take(step, world)
        await asyncio.sleep(TROUBLE_GOES_ON)
        _mend(world, required)
        world.heal()
        world.recording.note("-- from here on nothing goes wrong any more --")
        await asyncio.sleep(SETTLED_AFTER)
        found, quiet_from = picture(world.server.storage), world.clock()
        world.recording.note("-- from here on nothing may be written any more --")
        for operator in world.operators:
            operator.crash()
        await asyncio.sleep(QUIET_FOR)
        writes = [each for each in world.recording.exchanges() if each.time >= quiet_from and _is_operators(each)]
        trace = str(world.recording)
    return Outcome(
        problems=(
            *world.witness.misdeeds,
            *(f"left over: {each}" for each in writes),
            *differences(found, await _calm(scenario, world)),
        ),
        trace=trace,
    )


async def ending(scenario: Scenario) -> World:
    """The world in which a scenario without trouble has come to its end."""
    async with World(seed=scenario.seed, operators=scenario.operators) as world:
        world.server.unserved.update(each.api_version for each in OPTIONAL)
        world.start()
        await asyncio.sleep(STARTED_AFTER)
        for step in scenario.steps:
            await asyncio.sleep(step.after)
            take(step, world)
        await asyncio.sleep(CALM_AFTER)
        return world


def _is_operators(exchange: Exchange) -> bool:
    """Whether an operator wrote something, not counting that it goes on to lead."""
    request = exchange.request
    return request.is_write and exchange.who.startswith("operator") and "/leases" not in request.path


async def _calm(scenario: Scenario, troubled: World) -> Picture:
    """The state of a cluster in which people want from the start what they want now in the troubled one."""
    async with World(seed=scenario.seed, safety_nets=False) as world:
        world.server.unserved.update(troubled.server.unserved)
        for namespace, manifest in _intentions(troubled):
            People(world.send, namespace).create(manifest)
        world.start()
        await asyncio.sleep(CALM_AFTER)
        return picture(world.server.storage)


def _intentions(world: World) -> Iterator[tuple[str, Manifest]]:
    """All objects that no custom resource controls, the custom resources last."""
    storage = world.server.storage
    owners = {stored.uid for kind in storage.kinds() if kind.resource in CUSTOM for stored in storage.all(kind)}
    for kind in sorted(storage.kinds(), key=lambda kind: kind.resource in CUSTOM):
        if kind.resource in (EVENTS, LEASES):
            continue
        for stored in storage.all(kind):
            if stored.controller_uid not in owners:
                yield stored.metadata["namespace"], _manifest(stored.as_dict())


def _manifest(obj: Manifest) -> Manifest:
    kept = ("name", "labels", "annotations", "ownerReferences", "finalizers")
    metadata = {key: value for key, value in obj["metadata"].items() if key in kept}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def _mend(world: World, required: Sequence[Manifest]) -> None:
    """See to it that all that is referred to is there: without, the outcome depends on what was there before."""
    world.server.unserved.discard(API_VERSION)
    storage = world.server.storage
    boxes = [stored for kind in storage.kinds() if kind.resource.kind == "NatsBox" for stored in storage.all(kind)]
    wanted: list[tuple[str, Any]] = [
        (box.metadata["namespace"], box.content["spec"].get("clusterRef", {}).get("name")) for box in boxes
    ]
    custom = [kind for kind in storage.kinds() if kind.resource in CUSTOM]
    spaces = {stored.metadata["namespace"] for kind in custom for stored in storage.all(kind)}
    clusters = [(space, _cluster(name)) for space, name in wanted if name]
    for namespace, manifest in [*((space, each) for space in sorted(spaces) for each in required), *clusters]:
        try:
            People(world.send, namespace).create(manifest)
        except ApiError:
            world.recording.note(f"{MANAGER}       need not mend {manifest['metadata']['name']}")


def _cluster(name: str) -> Manifest:
    return custom_resource("NatsCluster", name, {})
