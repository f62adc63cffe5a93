"""A scenario: run it with all its trouble, then compare what came out with a cluster in which nothing went wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from natsop_core.kinds import CONFIG_MAPS, OPTIONAL, SECRETS, SERVICE_ACCOUNTS
from natsop_core.names import API_VERSION
from tests.simulation.api_server.kinds import CUSTOM, kind_of
from tests.simulation.calm import CALM_AFTER, Halt, calm_pictures, halt_of
from tests.simulation.people import MANAGER, People
from tests.simulation.picture import Picture, differences
from tests.simulation.recording import HttpClient
from tests.simulation.steps import Step, custom_resource, take
from tests.simulation.verdicts import Verdict, misjudged, not_taken_back
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.client import ApiError, Manifest

SETTLE: Final = "settle"
"""The step at which people wait until all is well again. `expected`: what then has become of clusters' changes."""

STARTED_AFTER: Final = 1.0
"""Seconds after which the operator is at work when people begin."""

TROUBLE_GOES_ON: Final = 2.0
"""Seconds for which things go wrong after a chapter's last step."""

SETTLED_AFTER: Final = 500.0
"""Seconds within which all must be well again: a silent watch is noticed after 150, whether a kind is served is asked
every 60, a dead leader is replaced after as long, and queues back off up to 60."""

ASKED_AFTER: Final = 1500.0
"""The same where servers are asked: one that did not answer is asked again after as long as that was so already."""

QUIET_FOR: Final = 150.0
"""Seconds for which operators that are started anew may write nothing then."""


MOUNTED: Final = ("-config", "-auth", "-contexts", "-routes", "-sa")
"""How names of ours end that pods mount or run as."""

REPORT: Final = """\
{problems}

What happened:
{trace}

The scenario; written to a file, it can be replayed: python -m tests.simulation FILE
{scenario}
"""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What happens until all is well again, and what has to have become of clusters' changes by then."""

    steps: tuple[Step, ...]
    expected: Mapping[str, Verdict]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What people do and what goes wrong; the seed decides what takes how long.

    namespaces: those that the operators are limited to. installed: the optional kinds that there are from the start.
    has_pods: servers run, and are asked.
    """

    seed: int
    operators: int
    namespaces: tuple[str, ...]
    installed: tuple[str, ...]
    steps: tuple[Step, ...]
    has_pods: bool = False

    @property
    def chapters(self) -> Iterator[Chapter]:
        """The steps up to each `settle`, and those after the last, if any."""
        steps: list[Step] = []
        for step in self.steps:
            if step.do == SETTLE:
                yield Chapter(tuple(steps), step.what["expected"])
                steps = []
            else:
                steps.append(step)
        if steps:
            yield Chapter(tuple(steps), {})

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
            has_pods=read["has_pods"],
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
        seed=scenario.seed,
        operators=scenario.operators,
        namespaces=scenario.namespaces,
        safety_nets=False,
        has_pods=scenario.has_pods,
    ) as world:
        await _begin(world, scenario)
        halts = [await _live_through(world, chapter, required) for chapter in scenario.chapters]
        quiet_from = world.clock()
        world.recording.note("-- from here on nothing may be written any more --")
        for operator in world.operators:
            operator.crash()
        await asyncio.sleep(QUIET_FOR)
        writes = [each for each in world.recording.exchanges() if each.time >= quiet_from and _is_operators(each)]
        trace = str(world.recording)
    calm = await calm_pictures(halts, seed=scenario.seed, has_pods=scenario.has_pods)
    return Outcome(
        problems=(
            *world.witness.misdeeds,
            *world.rivals.misdeeds,
            *(line for halt in halts for line in not_taken_back(halt.picture)),
            *(f"left over: {each}" for each in writes),
            *(line for halt in halts for line in halt.unheard),
            *_unlike(halts, calm),
            *_misjudged(scenario, halts),
        ),
        trace=trace,
    )


async def _live_through(world: World, chapter: Chapter, required: Sequence[Manifest]) -> Halt:
    """The state of the troubled cluster once it has come to rest."""
    for step in chapter.steps:
        await asyncio.sleep(step.after)
        take(step, world)
    await asyncio.sleep(TROUBLE_GOES_ON)
    _mend(world, required)
    world.heal()
    world.recording.note("-- from here on nothing goes wrong any more --")
    await asyncio.sleep(SETTLED_AFTER if world.pods is None else ASKED_AFTER)
    return halt_of(world)


def _unlike(halts: Sequence[Halt], calm: Sequence[Picture]) -> Iterator[str]:
    for number, (halt, wanted) in enumerate(zip(halts, calm, strict=True), 1):
        yield from (f"chapter {number}: {line}" for line in differences(halt.picture, wanted))


def _misjudged(scenario: Scenario, halts: Sequence[Halt]) -> Iterator[str]:
    before: Picture = {}
    for number, (chapter, halt) in enumerate(zip(scenario.chapters, halts, strict=True), 1):
        for cluster, verdict in chapter.expected.items():
            lines = misjudged(cluster, verdict, before=before, after=halt.picture)
            yield from (f"chapter {number}: {line}" for line in lines)
        before = halt.picture


async def ending(scenario: Scenario) -> World:
    """The world in which a scenario without trouble has come to its end."""
    async with World(seed=scenario.seed, operators=scenario.operators) as world:
        await _begin(world, scenario)
        for step in scenario.steps:
            await asyncio.sleep(step.after)
            take(step, world)
        await asyncio.sleep(CALM_AFTER)
        return world


async def _begin(world: World, scenario: Scenario) -> None:
    world.server.unserved.update(each.api_version for each in OPTIONAL if each.api_version not in scenario.installed)
    world.start()
    await asyncio.sleep(STARTED_AFTER)


def _is_operators(http_client: HttpClient) -> bool:
    """Whether an operator wrote something, not counting that it goes on to lead."""
    request = http_client.request
    return request.is_write and http_client.who.startswith("operator") and "/leases" not in request.path


def _mend(world: World, required: Sequence[Manifest]) -> None:
    """See to it that all that is referred to is there: without, the outcome depends on what was there before.

    So it does where pods would mount what is a stranger's: servers that run already go on.
    """
    world.server.unserved.discard(API_VERSION)
    storage = world.server.storage
    boxes = [stored for kind in storage.kinds() if kind.resource.kind == "NatsBox" for stored in storage.all(kind)]
    for resource in (CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS):
        for stored in storage.all(kind_of(resource)):
            if stored.metadata["name"].endswith(MOUNTED) and not stored.controller_uid:
                People(world.send, stored.metadata["namespace"]).delete(resource.kind, stored.metadata["name"])
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
