"""Whoever sets something back for ever slows the operator down and is named; afterwards, all is as it was before."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Final

import pytest

from natsop_core.repairs import CALM_SECONDS, FAST_REPAIRS, PAUSE_SECONDS
from tests.simulation.people import People
from tests.simulation.picture import picture
from tests.simulation.recording import HttpClient
from tests.simulation.rivals import NAME
from tests.simulation.steps import Step, custom_resource, take
from tests.simulation.world import World, run_in_virtual_time
from tests.testbed.client import Manifest

FOUGHT_FOR: Final = 600.0
BEGINNING: Final = 20.0
"""Seconds within which the fast repairs are made."""

LATENCY: Final = 1.0
"""More than a request takes, and not always the same."""

OVER_AFTER: Final = CALM_SECONDS[0] + PAUSE_SECONDS + 5.0

FIELDS: Final = {
    "conf": ("/configmaps/a-config", "ConfigMap a-config", "data.nats.conf"),
    "service-selector": ("/services/a", "Service a", "spec.selector"),
    "grace-period": ("/statefulsets/a", "StatefulSet a", "spec.template.spec.terminationGracePeriodSeconds"),
}
"""By the edit that is made again and again: where the object is, what it is called, and what of it is fought over."""


@pytest.mark.parametrize("edit", FIELDS)
def test_a_fight_slows_down_names_the_other_and_is_forgotten_once_it_is_over(edit: str) -> None:
    run_in_virtual_time(fight_it_out(edit), seed=1)


async def fight_it_out(edit: str) -> None:
    path, name, field = FIELDS[edit]
    async with World(seed=1) as world:
        world.start()
        await asyncio.sleep(1.0)
        take(Step(0.0, "put", {"namespace": "prod", "manifest": custom_resource("NatsCluster", "a", {})}), world)
        await asyncio.sleep(20.0)
        before, began = picture(world.server.storage), world.clock()

        take(Step(0.0, "fight", {"namespace": "prod", "owner": "a", "edit": edit}), world)
        await asyncio.sleep(BEGINNING)
        assert len(writes(world, path, since=began)) == FAST_REPAIRS
        assert degraded(world)["reason"] == "Contested"
        assert f"{name}: the field manager {NAME} changes {field} back" in degraded(world)["message"]

        since = world.clock()
        await asyncio.sleep(FOUGHT_FOR)
        repairs = [each.time for each in writes(world, path, since=since)]
        assert len(repairs) in (FOUGHT_FOR // PAUSE_SECONDS - 1, FOUGHT_FOR // PAUSE_SECONDS)
        assert min(later - earlier for earlier, later in pairwise(repairs)) > PAUSE_SECONDS - LATENCY
        reports = writes(world, "/natsclusters/a/status", since=since)
        assert not reports or "statefulsets" in path, "only servers that start anew have to be reported each time"
        assert degraded(world)["reason"] == "Contested"

        world.rivals.stop()
        await asyncio.sleep(OVER_AFTER)
        assert degraded(world)["status"] == "False"
        assert picture(world.server.storage) == before
        since = world.clock()
        await asyncio.sleep(FOUGHT_FOR)
        assert not writes(world, "", since=since)


def degraded(world: World) -> Manifest:
    conditions = People(world.send, "prod").get("NatsCluster", "a")["status"]["conditions"]
    found: Manifest = next(each for each in conditions if each["type"] == "Degraded")
    return found


def writes(world: World, path: str, *, since: float) -> list[HttpClient]:
    """What the operator wrote since then to the object at the path; without one to any, events apart."""
    exchanges = (each for each in world.recording.exchanges() if each.time >= since)
    of_operator = (each for each in exchanges if each.request.is_write and each.who.startswith("operator"))
    return [each for each in of_operator if each.request.path.endswith(path) and "/events" not in each.request.path]
