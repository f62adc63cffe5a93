"""How the operator works on a real API server, beside the Go program and a bare loop of six applies.

The Go program was measured once, on another day; the bare loop runs here, before and after, so that its multiples hold
on a machine that is slower or busy.
"""

from __future__ import annotations

import statistics
import time
from typing import Final

from tests.bench.bare_loop import Floor
from tests.bench.clusters import create_all, nats_cluster, secret
from tests.bench.cold import Cold, created, started
from tests.bench.figures import Figures
from tests.bench.world import NAMESPACE, World, new_world
from tests.testbed.wait import wait_until

FEW: Final = 100
MANY: Final = 300
SECRETS: Final = 10_000
EDITS: Final = 25
REST_SECONDS: Final = 60

GO_WALL: Final = {FEW: 4.8, MANY: 14.8}

GO_PROCESSOR: Final = 8.5
MOST_PROCESSOR: Final = 6.0
MOST_TIMES_BARE_PROCESSOR: Final = 1.41
MOST_TIMES_BARE_WALL: Final = 1.25
MOST_EDIT: Final = 15.0
MOST_MEMORY: Final = 55.0

GO_REQUESTS: Final = 12.2
GO_EDIT: Final = 84.0


def measure(figures: Figures) -> None:
    """All of it, in three to five minutes."""
    figures.heading("etcd and kube-apiserver, no controllers, as the Go program was measured")
    with new_world(controller_manager=False) as world:
        measure_alone(figures, world)
    figures.heading("with kube-controller-manager, which makes pods that no node runs")
    with new_world(controller_manager=True) as world:
        measure_among_controllers(figures, world)


def measure_alone(figures: Figures, world: World) -> None:
    """What there are bounds for."""
    before = world.floor(FEW)
    world.start_operator()
    figures.show("memory before the first cluster", world.resident(), "MiB", bound=MOST_MEMORY)
    warm_up(world)
    few = created(world, FEW)
    between = world.floor(FEW)
    show_cold(figures, FEW, few, mean(before, between))
    start_anew(world)
    warm_up(world)
    many = created(world, MANY)
    after = world.floor(FEW)
    show_cold(figures, MANY, many, mean(between, after))
    start_anew(world, start=False)
    what = f"{MANY} clusters that were there first, once it has synced"
    show_wall(figures, what, MANY, started(world, MANY), mean(after, world.floor(FEW)))
    world.await_rest()
    show_edits(figures, world)
    show_rest(figures, world)
    show_memory(figures, world)


def measure_among_controllers(figures: Figures, world: World) -> None:
    """What the others do at the same time, and tell of it, takes time that no bound is made for."""
    world.start_operator()
    warm_up(world)
    before, mark = world.spent(), world.cluster.audit.mark()
    cold = created(world, FEW)
    figures.show(f"{FEW} clusters, from the first one's creation", cold.wall, "s")
    figures.show("  the operator's processor time, each", cold.operator, "ms")
    figures.show("  applies and status writes of the cluster with the most", cold.writes, bound=6)
    world.await_rest()
    taken = world.spent() - before
    figures.show("  the operator's processor time, each, until at rest", taken.operator / FEW * 1000, "ms")
    figures.show("  its writes, each, until at rest", len(world.writes(mark)) / FEW)
    figures.show("memory, with three pods for each", world.resident(), "MiB")


def show_cold(figures: Figures, clusters: int, cold: Cold, floor: Floor) -> None:
    show_wall(figures, f"{clusters} clusters, from the first one's creation", clusters, cold.wall, floor)
    processor = f"Go {GO_PROCESSOR} ms; bare loop {floor.processor * 1000:.1f} ms"
    figures.show("  the operator's processor time, each", cold.operator, "ms", bound=MOST_PROCESSOR, more=processor)
    times = cold.operator / 1000 / floor.processor
    figures.show("  beside the bare loop's", times, "x", bound=MOST_TIMES_BARE_PROCESSOR)
    figures.show("  the API server's processor time, each", cold.api_server, "ms")
    figures.show("  applies and status writes of the cluster with the most", cold.writes, bound=6)
    figures.show("  requests of all kinds, each", cold.requests, more=f"Go {GO_REQUESTS}")


def show_wall(figures: Figures, what: str, clusters: int, wall: float, floor: Floor) -> None:
    """On a machine that is slower or busier than it was then, what counts is how it compares with the bare loop."""
    go, bare = GO_WALL[clusters], floor.wall * clusters
    figures.show(what, wall, "s", bound=go / 2, more=f"{wall / go:.2f} x Go's {go} s")
    figures.show("  beside the bare loop", wall / bare, "x", bound=MOST_TIMES_BARE_WALL, more=f"bare loop {bare:.2f} s")


def show_edits(figures: Figures, world: World) -> None:
    took = [edit(world, f"n-{number:05}") for number in range(EDITS)]
    median = statistics.median(took)
    more = f"worst of {EDITS}: {max(took):.0f} ms; Go {GO_EDIT:.0f} ms"
    figures.show("from an edit to the ConfigMap, median", median, "ms", bound=MOST_EDIT, more=more)


def edit(world: World, name: str) -> float:
    """Milliseconds from the request that edits a cluster to the answer to the operator's, by the API server's clock."""
    mark = world.cluster.audit.mark()
    change = {"spec": {"config": {"cluster": {"noAdvertise": False}}}}
    world.client.patch("NatsCluster", name, change, namespace=NAMESPACE)
    applied = wait_until(
        lambda: [each for each in world.writes(mark) if each.resource == "configmaps"],
        what=f"the ConfigMap of {name} is written",
        interval=0.05,
    )
    edited = next(each for each in world.cluster.audit.writes(since=mark) if each.name == name)
    return (applied[0].answered - edited.time).total_seconds() * 1000


def show_rest(figures: Figures, world: World) -> None:
    world.await_rest()
    mark, before = world.cluster.audit.mark(), world.spent()
    time.sleep(REST_SECONDS)  # what is measured is this time's passing
    taken = world.spent() - before
    figures.show(f"writes in {REST_SECONDS} s at rest", len(world.writes(mark)), bound=0)
    figures.show("  the operator's processor time in them", taken.operator * 1000, "ms")
    mark = world.cluster.audit.mark()
    world.operator.restart(grace=20)
    world.await_rest()
    figures.show("writes after a restart", len(world.writes(mark)), bound=0)
    figures.show("  the operator's processor time, start included", world.spent().operator, "s")


def show_memory(figures: Figures, world: World) -> None:
    """After a restart, which lists everything, and after watching the Secrets being made."""
    without = world.resident()
    create_all(world.client, (secret(NAMESPACE, f"unrelated-{number}") for number in range(SECRETS)))
    world.await_rest()
    watched = world.resident()
    world.operator.restart(grace=20)
    world.await_rest()
    listed = world.resident()
    figures.show(f"memory with {MANY} clusters, after a restart", without, "MiB")
    figures.show(f"  with {SECRETS} unrelated Secrets beside them", max(watched, listed), "MiB", bound=100)
    figures.show("  the difference", max(watched, listed) - without, "MiB", bound=10)


def start_anew(world: World, *, start: bool = True) -> None:
    """Without any cluster."""
    world.operator.stop()
    world.clear()
    if start:
        world.start_operator()


def warm_up(world: World) -> None:
    """A first cluster, for which the operator builds what it needs for all: that is a part of its start-up."""
    mark = world.cluster.audit.mark()
    create_all(world.client, [nats_cluster(NAMESPACE, "warm-up")])
    world.await_current({"warm-up"}, mark)
    world.await_rest()


def mean(*floors: Floor) -> Floor:
    return Floor(*(statistics.mean(getattr(each, name) for each in floors) for name in ("wall", "processor")))
