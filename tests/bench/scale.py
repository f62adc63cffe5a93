"""Many clusters on one replica and a real API server: `python -m tests.bench scale`, not part of `make bench`.

First all are created, then the operator is restarted, then clusters are created and changed at a steady rate.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from ruamel.yaml import YAML

from tests.bench.cold import Cold, created
from tests.bench.figures import Figures
from tests.bench.latencies import Latencies, histogram_percentile, latencies, percentile
from tests.bench.load import Sent
from tests.bench.loop import EDITS, edit, warm_up
from tests.bench.world import NAMESPACE, World, new_world
from tests.testbed.operator import USER
from tests.testbed.wait import wait_until

MOST_MEMORY: Final = 300
MOST_RESTART: Final = 15.0
MOST_QUEUE_WAIT: Final = 1.0
MOST_EDIT: Final = 5.0
LONGEST_BACKLOG: Final = 1800.0
QUEUE_WAIT: Final = "workqueue_queue_duration_seconds"
QUEUED: Final = "workqueue_depth"


@dataclass(frozen=True)
class Options:
    """clusters: that exist first. seconds: of the load. creations, changes: a second."""

    clusters: int
    seconds: float
    creations: float
    changes: float


def options(arguments: Sequence[str]) -> Options:
    """Those of the command line."""
    parser = ArgumentParser(prog="python -m tests.bench scale", description=__doc__)
    parser.add_argument("--clusters", type=int, default=10_000, help="that exist first (%(default)s)")
    parser.add_argument("--seconds", type=float, default=900, help="of the steady load (%(default)s)")
    parser.add_argument("--creations", type=float, default=10, help="new clusters a second (%(default)s)")
    parser.add_argument("--changes", type=float, default=160, help="changed clusters a second (%(default)s)")
    return Options(**vars(parser.parse_args(arguments)))


def measure(figures: Figures, wanted: Options) -> None:
    """All of it; with the defaults in some 40 minutes."""
    figures.heading(f"{wanted.clusters} clusters on one replica, real etcd and kube-apiserver, no controllers")
    with new_world(controller_manager=False) as world:
        world.start_operator()
        figures.show("memory before the first cluster", world.resident(), "MiB")
        warm_up(world)
        with_one = world.resident()
        show_created(figures, wanted.clusters, created(world, wanted.clusters))
        world.await_rest()
        show_restarted(figures, world, wanted.clusters, with_one)
        took = [edit(world, f"n-{number:05}") for number in range(min(EDITS, wanted.clusters))]
        figures.show("from an edit to the ConfigMap at rest, median", statistics.median(took), "ms")
        show_loaded(figures, world, wanted)


def show_created(figures: Figures, clusters: int, cold: Cold) -> None:
    figures.show(f"{clusters} clusters, until all are current", cold.wall, "s")
    figures.show("  each", cold.wall / clusters * 1000, "ms")
    figures.show("  the operator's processor time, each", cold.operator, "ms")
    figures.show("  the API server's processor time, each", cold.api_server, "ms")
    figures.show("  applies and status writes of the cluster with the most", cold.writes, bound=6)


def show_restarted(figures: Figures, world: World, clusters: int, with_one: float) -> None:
    figures.show("memory", world.resident(), "MiB", bound=MOST_MEMORY)
    mark = world.cluster.audit.mark()
    world.operator.restart(grace=20)
    world.await_rest()
    used, resident = world.spent().operator, world.resident()
    figures.show("writes after a restart", len(world.writes(mark)), bound=0)
    figures.show("  the operator's processor time, start included", used, "s", bound=MOST_RESTART)
    figures.show("  memory", resident, "MiB", bound=MOST_MEMORY)
    figures.show("  for each 1,000 clusters beyond the first", (resident - with_one) / clusters * 1000, "MiB")


def show_loaded(figures: Figures, world: World, wanted: Options) -> None:
    figures.heading(f"{wanted.creations:g} creations and {wanted.changes:g} changes a second, for {wanted.seconds:g} s")
    mark, spent, waits, began = world.cluster.audit.mark(), world.spent(), queue_waits(world), time.monotonic()
    sent = load(world, wanted)
    seconds, taken = time.monotonic() - began, world.spent() - spent
    figures.show("creations and changes sent, each second", (sent.creations + sent.changes) / wanted.seconds)
    figures.show("  refused", sent.failed, bound=0)
    figures.show("  the operator's processor", taken.operator / seconds * 100, "%")
    figures.show("  the API server's", taken.api_server / seconds * 100, "%")
    figures.show("until the work queue was empty afterwards", emptied(world), "s")
    wait = histogram_percentile(waits, queue_waits(world), 99)
    figures.show("wait in the work queue, 99 of 100", wait, "s", bound=MOST_QUEUE_WAIT)
    show_latencies(figures, latencies(world.cluster.audit.iterate(since=mark), operator=USER))
    figures.show("memory", world.resident(), "MiB", bound=MOST_MEMORY)


def show_latencies(figures: Figures, taken: Latencies) -> None:
    for what, seconds, bound in (
        ("from an edit to the ConfigMap", taken.edits, MOST_EDIT),
        ("from a new cluster to its status", taken.creations, None),
    ):
        figures.show(f"{what}, median", percentile(seconds, 50), "s")
        figures.show(f"  99 of 100, of {len(seconds)}", percentile(seconds, 99), "s", bound=bound)
    figures.show("edits and new clusters that had no answer", taken.unanswered, bound=0)


def load(world: World, wanted: Options) -> Sent:
    """What a process of its own sent."""
    numbers = [wanted.clusters, wanted.seconds, wanted.creations, wanted.changes]
    command = [sys.executable, "-m", "tests.bench.load", str(world.cluster.kubeconfig), NAMESPACE, *map(str, numbers)]
    return Sent(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def queue_waits(world: World) -> dict[float, float]:
    """How many waited in the operator's queue, by the longest that they waited."""
    buckets: dict[float, float] = defaultdict(float)
    for sample in metrics(world):
        if sample.name == f"{QUEUE_WAIT}_bucket":
            buckets[float(sample.labels["le"])] += sample.value
    return buckets


def emptied(world: World) -> float:
    """Seconds until the operator has done what waited for it. The servers' processors may have been too few."""
    began = time.monotonic()
    wait_until(lambda: queued(world) == 0, LONGEST_BACKLOG, "the operator's queue is empty", interval=0.5)
    return time.monotonic() - began


def queued(world: World) -> float:
    """How many custom resources wait in the operator's queue. Resyncs, of many clusters, leave it no rest."""
    return sum(sample.value for sample in metrics(world) if sample.name == QUEUED)


def metrics(world: World) -> Iterator[Sample]:
    """What the operator serves."""
    token = YAML(typ="safe").load(world.cluster.kubeconfig)["users"][0]["user"]["token"]
    answer = httpx2.get(
        f"https://{world.plane.address}:8443/metrics",
        headers={"Authorization": f"Bearer {token}"},
        verify=False,
        timeout=60,
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples
