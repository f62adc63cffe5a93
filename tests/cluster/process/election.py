"""Operators that stand for election, each with a ServiceAccount of its own by which the audit log tells them apart."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from itertools import count
from operator import itemgetter
from typing import Final

from natsop_core.names import FIELD_MANAGER
from tests.cluster.site import nats_cluster
from tests.testbed.audit import AuditEntry
from tests.testbed.cluster import Cluster
from tests.testbed.operator import NAMESPACE, SERVICE_ACCOUNT, Operator, install_service_account
from tests.testbed.repeated import repeated
from tests.testbed.wait import wait_until

ACCOUNTS: Final = (SERVICE_ACCOUNT, f"{SERVICE_ACCOUNT}-b")
CANDIDATES: Final = f"system:serviceaccount:{NAMESPACE}:"
"""What their names in the audit log begin with."""

LEASES: Final = "leases"
LEASE: Final = FIELD_MANAGER
"""The name of the Lease that they are after."""

UNREST: Final = "unrest"

LOST: Final = "lost the lease"
"""What one says that ends because it leads no more."""

SYNCED_WITHIN: Final = 60

STEADY_INTERVAL: Final = 8
"""Seconds that a Lease lasts: as many as it takes for a busy machine not to lose it unless a test wants it to."""

TO_TAKE_OVER: Final = 5
"""Seconds beyond the lease's duration."""

TO_WRITE: Final = 90
"""Seconds, of which up to thirty are the pause before a watch is tried again."""


class Candidate(Operator):
    """One of them; ready when it has synced, whether it leads or not."""

    def __init__(self, cluster: Cluster, account: str, *, lease: int) -> None:
        kubeconfig = install_service_account(cluster, account=account)
        options = ("--leader-elect", f"--lease-duration={lease}", f"--leader-election-namespace={NAMESPACE}")
        super().__init__(cluster, kubeconfig, *options, name=account)
        self.user = f"{CANDIDATES}{account}"

    def renewals(self, *, since: int) -> list[AuditEntry]:
        """Its successful writes of the Lease since the mark, the first of which may be how it acquired it."""
        entries = self.cluster.audit.writes(user=self.user, since=since)
        return [each for each in entries if each.user == self.user and has_lease(each)]

    def writes(self, *, since: int) -> list[AuditEntry]:
        """What it asked to change since the mark, but the Lease."""
        entries = self.cluster.audit.writes(user=self.user, since=since)
        return [each for each in entries if each.user == self.user and each.resource != LEASES]


@dataclass(frozen=True)
class Pair:
    """Two candidates, of which one leads."""

    cluster: Cluster
    both: tuple[Candidate, Candidate]

    def by_role(self) -> tuple[Candidate, Candidate]:
        """Who wrote the Lease last, and the other."""
        one, other = self.both
        [*_, last] = [each for each in self.cluster.audit.writes(user=CANDIDATES) if has_lease(each)]
        return (one, other) if last.user == one.user else (other, one)

    def await_roles(self) -> tuple[Candidate, Candidate]:
        """Who writes the Lease from now on, once somebody does, and the other."""
        audit, mark = self.cluster.audit, self.cluster.audit.mark()
        wait_until(lambda: any(map(has_lease, audit.writes(user=CANDIDATES, since=mark))), SYNCED_WITHIN, "one leads")
        return self.by_role()

    def revive(self) -> list[str]:
        """Start those that do not run until both are ready, though one may end meanwhile; the names of those."""
        revived: list[str] = []

        def both_are_ready() -> bool:
            for each in self.both:
                if not each.running:
                    each.start()
                    revived.append(each.name)
            return all(each.has_synced() for each in self.both)

        wait_until(both_are_ready, 2 * SYNCED_WITHIN, "both are ready")
        return revived


@contextmanager
def elected(cluster: Cluster, *, lease: int, standbys: int | None = None) -> Iterator[Pair]:
    """Two candidates that run, the first of which leads. standbys: the --lease-duration of the other, if another."""
    cluster.client.delete("Lease", LEASE, namespace=NAMESPACE, missing_ok=True)  # whatever an earlier test left
    leases = (lease, standbys or lease)
    first, second = (Candidate(cluster, account, lease=own) for account, own in zip(ACCOUNTS, leases, strict=True))
    mark = cluster.audit.mark()
    try:
        first.start()
        first.await_ready(SYNCED_WITHIN)
        wait_until(lambda: first.renewals(since=mark), 2 * lease + 15, "the first one leads")
        second.start()
        second.await_ready(SYNCED_WITHIN)
        yield Pair(cluster, (first, second))
    finally:
        for each in (second, first):
            each.stop(grace=5)


@contextmanager
def steady_pair(cluster: Cluster) -> Iterator[Pair]:
    """Two candidates with a Lease of STEADY_INTERVAL, which never write at the same time."""
    mark = cluster.audit.mark()
    with elected(cluster, lease=STEADY_INTERVAL) as pair:
        yield pair
    assert not [shown(each) for each in out_of_turn(cluster, since=mark)]


def await_take_over(standby: Candidate, *, since: int, timeout: float) -> datetime:
    """When the standby asked for the Lease that it got."""
    what = f"{standby.name} takes the Lease over"
    [entry, *_] = wait_until(lambda: standby.renewals(since=since), timeout, what, interval=0.05)
    return entry.time


def await_write(candidate: Candidate, *, since: int) -> datetime:
    """When it asked for its first write."""
    [entry, *_] = wait_until(lambda: candidate.writes(since=since), TO_WRITE, f"{candidate.name} writes")
    return entry.time


def has_lease(entry: AuditEntry) -> bool:
    """Whether somebody wrote themselves into the Lease with this request (or out of it)."""
    return entry.resource == LEASES and entry.is_write and entry.code < HTTPStatus.BAD_REQUEST


def out_of_turn(cluster: Cluster, *, since: int) -> list[AuditEntry]:
    """Writes of a candidate, answered after the mark, when the other one had asked for the Lease already and got it.

    A request whose body comes late is received early and carried out late: so it is the answer that counts.
    """
    taken = sorted((each.time, each.user) for each in cluster.audit.writes(user=CANDIDATES) if has_lease(each))

    def holder(at: datetime) -> str:
        index = bisect_right(taken, at, key=itemgetter(0))
        return taken[index - 1][1] if index else ""

    written = cluster.audit.writes(user=CANDIDATES, since=since)
    return [each for each in written if each.resource != LEASES and holder(each.answered) != each.user]


def shown(entry: AuditEntry) -> str:
    """For people."""
    kind = f"{entry.resource}/{entry.subresource}" if entry.subresource else entry.resource
    times = f"received {entry.time:%H:%M:%S.%f}, answered {entry.answered:%H:%M:%S.%f}"
    return f"{entry.user.rpartition(':')[2]}: {entry.verb} {kind} {entry.name} ({entry.code}), {times}"


@contextmanager
def unrest(cluster: Cluster, *, clusters: int = 8, every: float = 0.2) -> Iterator[None]:
    """NatsClusters whose labels, and with them all of their objects', somebody changes all the time."""
    cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": UNREST}})
    client = cluster.client.in_namespace(UNREST)
    for index in range(clusters):
        client.create(nats_cluster(f"c{index}", {"replicas": 3}))
    turns = count()

    def change() -> None:
        turn = next(turns)
        labels = {"spec": {"global": {"labels": {"turn": str(turn)}}}}
        client.patch("NatsCluster", f"c{turn % clusters}", labels)

    with repeated(change, every=every):  # the API server may be away: that is what the test is about
        yield
