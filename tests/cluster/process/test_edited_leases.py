"""A Lease that somebody else writes, edits, deletes or forbids: who leads then, and who goes on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from natsop_core.rbac import leader_election_role
from natsop_runtime.leader_election import RESTORED_WITHIN
from natsop_runtime.settings import RunSettings
from tests.cluster.process.election import (
    LEASE,
    LOST,
    STEADY_INTERVAL,
    SYNCED_WITHIN,
    TO_TAKE_OVER,
    Candidate,
    Pair,
    await_take_over,
    await_write,
)
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.operator import NAMESPACE, SERVICE_ACCOUNT
from tests.testbed.wait import wait_until

USUAL: Final = RunSettings().lease_duration

SHORTEST: Final = 3
"""For one that has no rival."""

LONGER: Final = 30
"""Without end is longer than a test may take: a standby waits ten minutes then, as the unit tests show."""


def a_lease(**spec: Any) -> Manifest:
    """As somebody else writes it."""
    metadata = {"name": LEASE, "namespace": NAMESPACE}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def moment(**offset: float) -> str:
    return (datetime.now(UTC) + timedelta(**offset)).isoformat(timespec="microseconds")


ODD_LEASES: Final[dict[str, Manifest]] = {
    "nothing in it": {},
    "a holder and nothing else": {"holderIdentity": "somebody"},
    "no renewal": {"holderIdentity": "somebody", "leaseDurationSeconds": SHORTEST},
    "a renewal far ahead": {
        "holderIdentity": "somebody",
        "leaseDurationSeconds": SHORTEST,
        "renewTime": moment(days=3650),
        "acquireTime": moment(days=3650),
    },
    "a renewal long ago": {"holderIdentity": "somebody", "renewTime": moment(days=-3650)},
    "a longer duration": {"holderIdentity": "somebody", "leaseDurationSeconds": LONGER},
    "as many holders as it can count": {"holderIdentity": "somebody", "leaseTransitions": 2**31 - 1},
    "a strategy": {"holderIdentity": "somebody", "strategy": "OldestEmulationVersion", "preferredHolder": "another"},
}


@pytest.mark.parametrize("spec", ODD_LEASES.values(), ids=ODD_LEASES)
def test_a_lease_that_says_odd_things_is_taken_over_all_the_same(restless: Cluster, spec: Manifest) -> None:
    candidate = Candidate(restless, SERVICE_ACCOUNT, lease=SHORTEST)
    restless.client.delete("Lease", LEASE, namespace=NAMESPACE, missing_ok=True)
    restless.client.create(a_lease(**spec))
    mark = restless.audit.mark()
    candidate.start()
    try:
        candidate.await_ready(SYNCED_WITHIN)
        await_take_over(candidate, since=mark, timeout=max(LONGER, RESTORED_WITHIN) + TO_TAKE_OVER)
        await_write(candidate, since=mark)
        lease = restless.client.get("Lease", LEASE, namespace=NAMESPACE)
    finally:
        candidate.stop()

    assert lease["spec"]["holderIdentity"] not in {"", "somebody"}
    assert lease["spec"]["leaseDurationSeconds"] == SHORTEST


def test_a_lease_that_somebody_deletes_is_made_anew_by_who_leads(pair: Pair) -> None:
    leader, _ = pair.by_role()
    mark = pair.cluster.audit.mark()

    pair.cluster.client.delete("Lease", LEASE, namespace=NAMESPACE)

    wait_until(lambda: leader.renewals(since=mark), STEADY_INTERVAL, f"{leader.name} leads on")


def test_a_lease_that_somebody_empties_is_filled_by_who_leads(pair: Pair) -> None:
    leader, _ = pair.by_role()
    mark = pair.cluster.audit.mark()

    change = {"spec": {"holderIdentity": None, "renewTime": None}}
    pair.cluster.client.patch("Lease", LEASE, change, namespace=NAMESPACE)

    wait_until(lambda: leader.renewals(since=mark), STEADY_INTERVAL, f"{leader.name} leads on")


def test_a_leader_ends_whom_somebody_writes_out_of_the_lease_and_another_follows(pair: Pair) -> None:
    leader, standby = pair.by_role()
    mark = pair.cluster.audit.mark()

    change = {"spec": {"holderIdentity": "somebody"}}
    pair.cluster.client.patch("Lease", LEASE, change, namespace=NAMESPACE)

    assert leader.await_end() == 1
    assert LOST in leader.said(), leader.log_tail()
    await_take_over(standby, since=mark, timeout=STEADY_INTERVAL + TO_TAKE_OVER)


def test_a_leader_of_whose_lease_somebody_changes_only_the_time_goes_on_leading(pair: Pair) -> None:
    leader, _ = pair.by_role()
    pair.cluster.client.patch("Lease", LEASE, {"spec": {"renewTime": moment(days=-1)}}, namespace=NAMESPACE)
    mark, end = pair.cluster.audit.mark(), time.monotonic() + 2 * STEADY_INTERVAL

    wait_until(lambda: time.monotonic() > end or not leader.running, 3 * STEADY_INTERVAL, "two leases have passed")

    assert leader.running
    assert pair.by_role()[0] is leader
    assert leader.renewals(since=mark), "it renews"


def test_a_standby_that_may_not_have_the_lease_any_more_says_so_once_and_leads_when_it_may(restless: Cluster) -> None:
    may = leader_election_role(NAMESPACE)
    may_look = {**may, "rules": [{**rule, "verbs": ["get"]} for rule in may["rules"] if "get" in rule["verbs"]]}
    candidate = Candidate(restless, SERVICE_ACCOUNT, lease=USUAL)  # time for answers: lateness is another complaint
    restless.client.delete("Lease", LEASE, namespace=NAMESPACE, missing_ok=True)
    restless.client.create(a_lease(holderIdentity="somebody", leaseDurationSeconds=USUAL, renewTime=moment()))
    candidate.start()
    try:
        wait_until(lambda: "standing by" in candidate.said(), SYNCED_WITHIN, "it stands by")
        restless.client.apply(may_look)
        wait_until(lambda: "cannot update resource" in candidate.said(), what="it says what it lacks")
        mark = restless.audit.mark()
        wait_until(lambda: len(refusals(candidate, since=mark)) > 1, what="it tries again and again")
        assert candidate.said().count("could not acquire or renew") == 1, candidate.said()
        restless.client.apply(may)
        await_write(candidate, since=restless.audit.mark())
    finally:
        restless.client.apply(may)
        candidate.stop()


def refusals(candidate: Candidate, *, since: int) -> list[AuditEntry]:
    return [each for each in candidate.cluster.audit.entries(user=candidate.user, since=since) if each.forbidden]
