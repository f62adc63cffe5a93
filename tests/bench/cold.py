"""New clusters, until the operator has reported on all of them. Times are the API server's, from its audit log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from tests.bench.clusters import create_all, nats_cluster, numbered
from tests.bench.world import NAMESPACE, World
from tests.testbed.audit import AuditEntry


@dataclass(frozen=True)
class Cold:
    """What it took until every cluster's observedGeneration was current.

    wall: seconds for all of them. operator, api_server: milliseconds of processor time for each.
    writes: applies and status writes of the cluster with the most. requests: of all kinds, for each.
    """

    wall: float
    operator: float
    api_server: float
    writes: int
    requests: float


def created(world: World, clusters: int) -> Cold:
    """With the operator at work: from the first custom resource's creation."""
    names, mark, before = numbered("n", clusters), world.cluster.audit.mark(), world.spent()
    create_all(world.client, [nats_cluster(NAMESPACE, name) for name in names])
    world.await_current(set(names), mark)
    taken = world.spent() - before
    creations = world.cluster.audit.writes(since=mark, user_agent="natsop-tests")
    first = min(each.time for each in creations if each.resource == "natsclusters")
    requests = world.requests(mark)
    done = current_at(requests)
    return Cold(
        wall=(max(done.values()) - first).total_seconds(),
        operator=taken.operator / clusters * 1000,
        api_server=taken.api_server / clusters * 1000,
        writes=most_writes(requests, done),
        requests=len([each for each in requests if each.time <= max(done.values())]) / clusters,
    )


def started(world: World, clusters: int) -> float:
    """With the custom resources there when the operator starts: seconds from when it has synced."""
    names, mark = numbered("n", clusters), world.cluster.audit.mark()
    create_all(world.client, [nats_cluster(NAMESPACE, name) for name in names])
    world.start_operator()
    world.await_current(set(names), mark)
    return (max(current_at(world.requests(mark)).values()) - world.synced_at()).total_seconds()


def current_at(requests: list[AuditEntry]) -> dict[str, datetime]:
    """When each cluster's status was first taken: the generation is its first."""
    done: dict[str, datetime] = {}
    for each in requests:
        if is_status(each):
            done.setdefault(each.name, each.answered)
    return done


def most_writes(requests: list[AuditEntry], done: dict[str, datetime]) -> int:
    """Of any cluster, up to its first status. Children are named after their cluster.

    Events do not count, nor what is noted on claims, which the StatefulSet controller makes at any time.
    """
    counted = Counter(
        name
        for each in requests
        if each.is_write and each.resource not in ("events", "persistentvolumeclaims")
        if each.time <= done.get(name := each.name[: len("n-00000")], each.time)
    )
    return max(counted.values())


def is_status(entry: AuditEntry) -> bool:
    """Whether the entry is that of a cluster's status, and the API server took it."""
    return entry.resource == "natsclusters" and entry.subresource == "status" and entry.code < 300
