"""What operators should know of the servers once nothing goes wrong any more, and that they then leave them alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from natsop_core.api.status import condition_of
from natsop_core.kinds import CLUSTERS, STATEFUL_SETS
from tests.simulation.api_server.kinds import kind_of

if TYPE_CHECKING:
    from tests.simulation.pods import Pods
    from tests.simulation.world import World

AT_REST: Final = timedelta(seconds=300)
"""For how long nobody may have been asked."""


def what_is_unheard(world: World) -> Iterator[str]:
    """A line for each cluster whose servers are not heard, or are asked for no reason."""
    if world.pods is None:
        return
    yield from _misjudged(world, world.pods)
    asked = sum(each >= world.now() - AT_REST for each in world.pod_network.asked)
    if asked:
        yield f"servers were asked {asked} times though nothing is awaited of them"


def _misjudged(world: World, pods: Pods) -> Iterator[str]:
    storage = world.server.storage
    for cluster in storage.all(kind_of(CLUSTERS)):
        name, status = cluster.metadata["name"], cluster.content.get("status", {})
        live = storage.get(kind_of(STATEFUL_SETS), cluster.metadata["namespace"], name)
        degraded, loaded = condition_of(status, "Degraded"), condition_of(status, "ConfigurationLoaded")
        if live is None or degraded is None or degraded["status"] == "True":
            continue
        if not pods.have_loaded(live):
            yield f"{name}: its servers have not loaded what is there for them"
        elif loaded is None or loaded["status"] != "True":
            yield f"{name}: its servers have loaded what is there for them, but ConfigurationLoaded is {loaded}"
