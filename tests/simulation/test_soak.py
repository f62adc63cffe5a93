"""A day of the operator's life, with ten thousand changes and some trouble: nothing of it stays behind."""

from __future__ import annotations

import asyncio
import gc
import math
import resource
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from natsop_runtime.cache.store import Store
from natsop_runtime.fair_queue import FairQueue
from natsop_runtime.queue import WorkQueue
from natsop_runtime.reference_index import ReferenceIndex
from tests.simulation.api_server.fields import written
from tests.simulation.referred import REQUIRED
from tests.simulation.steps import Step, custom_resource, take
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.client import Manifest

HOURS: Final = 3600.0
CHANGES: Final = 10_000
WARM_UP: Final = 800
"""Changes within the first two hours, after which the first look is taken."""

AT_REST: Final = 1300.0
"""Seconds without a change before a look: twice what the loop looks again after, and then some."""

HOUSEKEEPING: Final = 300.0
"""How often etcd forgets its history."""

FEW_BLOCKS: Final = 5_000
FEW_BYTES: Final = 32 << 20
"""What more there may be after the day: less than one block for each change; memory comes and goes in big lumps,
as Python lets cycles of garbage pile up until they are a quarter of all objects."""

CLUSTERS: Final = 5
BOXES: Final = 3


@dataclass(frozen=True, slots=True)
class Look:
    """What there is in the process at one moment."""

    memory: int  # bytes, resident
    blocks: int  # of Python's own memory, in use
    objects: Counter[str]  # by their types, those that the garbage collector knows
    tasks: int
    streams: int
    sizes: tuple[int, ...]  # of queue, reference index and stores


def look(world: World) -> Look:
    written.cache_clear()  # of the API server in memory
    Counter(name for name in "")  # the first time, each subclass of Mapping remembers that a generator is none
    gc.collect()
    alive = gc.get_objects()
    sizes = [_size(each) for each in alive if isinstance(each, WorkQueue | FairQueue | ReferenceIndex | Store)]
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Look(
        memory=pages * resource.getpagesize(),
        blocks=sys.getallocatedblocks(),
        objects=Counter(type(each).__qualname__ for each in alive),
        tasks=len(asyncio.all_tasks()),
        streams=sum(len(operator.network.streams) for operator in world.operators),
        sizes=tuple(sorted(sizes)),
    )


def _size(each: Any) -> int:
    """How much is held: the sum of all containers' lengths, down to those of namespaces."""
    held = [value for value in vars(each).values() if isinstance(value, dict)]
    return sum(len(value) + sum(len(inner) for inner in value.values() if isinstance(inner, dict)) for value in held)


class Day:
    """What happens in it, the same every time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._generation = [0] * CLUSTERS

    def begin(self) -> None:
        for manifest in REQUIRED:
            self._do("put", namespace="prod", manifest=manifest)
        for number in range(CLUSTERS):
            self._put(self._cluster(number, {}))
        for number in range(BOXES):
            self._put(self._box(number, replicas=1))

    def change(self, turn: int) -> None:
        """The change number `turn`."""
        number = turn % CLUSTERS
        match turn % 20:
            case 7:
                name = self._name(number)
                self._do("delete", namespace="prod", kind="NatsCluster", name=name)
                self._generation[number] += 1
                self._put(self._cluster(number, {}))
            case 11:
                self._put(self._cluster(number, {"replicas": 2 + turn // 20 % 2, "serviceAccount": {"enabled": True}}))
            case 3 | 13 | 17:
                self._put(self._box(turn % BOXES, replicas=turn % 4))
            case 19:
                secret = {
                    "apiVersion": "v1",
                    "kind": "Secret",
                    "metadata": {"name": "tls"},
                    "data": {"x": f"{turn:08}"},
                }
                self._do("put", namespace="prod", manifest=secret)
            case _:
                self._put(self._cluster(number, {"service": {"annotations": {"turn": str(turn)}}}))
        if turn % 97 == 0:
            self._do("break_watches", how=("silence", "reset", "end", "gone", "error")[turn // 97 % 5])
        if turn % 499 == 0:
            self._do("black_out", seconds=20.0)

    def _put(self, manifest: Manifest) -> None:
        self._do("put", namespace="prod", manifest=manifest)

    def _do(self, what: str, **arguments: Any) -> None:
        take(Step(0.0, what, arguments), self.world)

    def _name(self, number: int) -> str:
        return f"c{number}-{self._generation[number]}"

    def _cluster(self, number: int, spec: Manifest) -> Manifest:
        return custom_resource("NatsCluster", self._name(number), spec)

    def _box(self, number: int, *, replicas: int) -> Manifest:
        contexts = {"far": {"url": "nats://far:4222", "creds": {"name": "app-creds", "key": "creds"}}}
        return custom_resource("NatsBox", f"box{number}", {"replicas": replicas, "contexts": contexts})


async def a_day() -> tuple[Look, Look]:
    """What there is after two hours, and after 24."""
    async with World(seed=1, most_requests=math.inf, most_recorded=50) as world:
        world.start()
        housekeeping = asyncio.create_task(_keep_house(world))
        day = Day(world)
        day.begin()
        await _changes(day, range(WARM_UP), until=2 * HOURS)
        early = look(world)
        await _changes(day, range(WARM_UP, CHANGES), until=24 * HOURS)
        late = look(world)
        housekeeping.cancel()
        assert not world.witness.misdeeds, (world.witness.misdeeds, str(world.recording))
        return early, late


async def _changes(day: Day, turns: range, *, until: float) -> None:
    """The changes, evenly spread, and then a rest."""
    start = day.world.clock()
    pause = (until - AT_REST - start) / len(turns)
    for turn in turns:
        await asyncio.sleep(pause)
        day.change(turn)
    await asyncio.sleep(until - day.world.clock())


async def _keep_house(world: World) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING)
        world.server.forget_events()
        world.server.compact()


@pytest.mark.long
@pytest.mark.timeout(2700)  # it computes for minutes, and for three times as long where others do, too
def test_nothing_of_a_day_with_ten_thousand_changes_stays_behind() -> None:
    early, late = run_in_virtual_time(a_day(), seed=1)

    grown = {name: (early.objects[name], count) for name, count in late.objects.items() if count > early.objects[name]}
    grown = {name: counts for name, counts in grown.items() if counts[1] - counts[0] > 50}
    print(f"{early.memory >> 20} MiB after 2 h, {late.memory >> 20} MiB after 24 h; {late.tasks} tasks, {late.sizes}")
    print(f"{early.blocks} blocks after 2 h, {late.blocks} after 24 h")
    assert late.tasks == early.tasks, (early, late)
    assert late.streams == early.streams, (early, late)
    assert late.sizes == early.sizes, (early.sizes, late.sizes)
    assert not grown, f"more objects after 24 hours than after 2: {grown}"
    assert late.blocks - early.blocks < FEW_BLOCKS, (early.blocks, late.blocks)
    assert late.memory - early.memory < FEW_BYTES, (early.memory, late.memory)
