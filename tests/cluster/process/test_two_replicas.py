"""Two replicas that meet: with other lease durations, in a rolling update, and without election. By the audit log."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Final

import pytest
from prometheus_client.parser import text_string_to_metric_families

from natsop_runtime.settings import RunSettings
from tests.cluster.process.election import (
    ACCOUNTS,
    LEASE,
    SYNCED_WITHIN,
    TO_TAKE_OVER,
    Candidate,
    await_take_over,
    await_write,
    elected,
    out_of_turn,
    shown,
    unrest,
)
from tests.cluster.process.ports import ANYWHERE, Ports
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import NAMESPACE, Operator, install_service_account
from tests.testbed.wait import wait_until

SHORT: Final = 6
LONG: Final = 24
"""Seconds that a Lease lasts. A leader may write for two thirds of that, which is well over SHORT."""

PAUSED: Final = 11
"""Seconds for which a leader is stopped: longer than SHORT, and less than it may still write by its own Lease."""

ROLLS: Final = 4
USUAL: Final = RunSettings().lease_duration
NOTICED_WITHIN: Final = 60
SERVING: Final = (*ANYWHERE, "--no-metrics-secure")


@pytest.fixture(scope="module")
def cluster(quiet_plane: ControlPlane) -> Iterator[Cluster]:
    """With clusters that are changed all the time."""
    with unrest(quiet_plane.cluster):
        yield quiet_plane.cluster


@pytest.mark.parametrize(("leaders", "standbys"), [(LONG, SHORT), (SHORT, LONG)], ids=["shorter", "longer"])
def test_a_standby_with_another_lease_duration_takes_over_from_a_leader_that_is_killed(
    cluster: Cluster, leaders: int, standbys: int
) -> None:
    begun = cluster.audit.mark()
    with elected(cluster, lease=leaders, standbys=standbys) as pair:
        leader, standby = pair.by_role()
        await_write(leader, since=begun)

        leader.signal(signal.SIGKILL)

        mark = cluster.audit.mark()
        taken = await_take_over(standby, since=mark, timeout=max(leaders, standbys) + 10 * TO_TAKE_OVER)
        valid = (taken - leader.renewals(since=begun)[-1].time).total_seconds()
        assert valid >= leaders, "the Lease was still valid by what it said"
        await_write(standby, since=mark)
    assert not [shown(each) for each in out_of_turn(cluster, since=begun)]


def test_a_leader_that_is_stopped_for_less_than_its_lease_states_goes_on_and_no_shorter_standby_has_begun(
    cluster: Cluster,
) -> None:
    begun = cluster.audit.mark()
    with elected(cluster, lease=LONG, standbys=SHORT) as pair:
        leader, standby = pair.by_role()
        await_write(leader, since=begun)
        stopped = time.monotonic()
        leader.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: time.monotonic() > stopped + PAUSED, PAUSED + 5, "the standby's own time is over")
        finally:
            leader.signal(signal.SIGCONT)
        mark = cluster.audit.mark()
        await_write(leader, since=mark)
        assert not standby.renewals(since=begun)
        assert not standby.writes(since=begun)
    assert not [shown(each) for each in out_of_turn(cluster, since=begun)]


def test_a_leader_that_is_stopped_for_longer_than_its_lease_states_is_followed_and_writes_no_more(
    cluster: Cluster,
) -> None:
    """Whatever its workers had let through in the moment when it was stopped is all that may come."""
    begun = cluster.audit.mark()
    with elected(cluster, lease=SHORT, standbys=LONG) as pair:
        leader, standby = pair.by_role()
        await_write(leader, since=begun)
        mark = cluster.audit.mark()
        leader.signal(signal.SIGSTOP)
        try:
            await_take_over(standby, since=mark, timeout=LONG + 10 * TO_TAKE_OVER)
            await_write(standby, since=mark)
        finally:
            leader.signal(signal.SIGCONT)
        assert leader.await_end() == 1, leader.log_tail()
    late = [shown(each) for each in out_of_turn(cluster, since=begun)]
    assert len(late) <= RunSettings().workers, "\n".join(late)


@pytest.mark.timeout(900)
def test_a_rolling_update_that_changes_the_lease_duration_has_one_writer_at_a_time(cluster: Cluster) -> None:
    """As a Deployment rolls by default: the new one is started and ready before the old one is told to end."""
    begun = cluster.audit.mark()
    cluster.client.delete("Lease", LEASE, namespace=NAMESPACE, missing_ok=True)
    accounts, leases = cycle(ACCOUNTS), cycle((USUAL, SHORT, LONG))
    running = [Candidate(cluster, next(accounts), lease=next(leases))]
    try:
        running[0].start()
        await_write(running[0], since=begun)
        for _ in range(ROLLS):
            old, new = running[-1], Candidate(cluster, next(accounts), lease=next(leases))
            mark = cluster.audit.mark()
            running.append(new)
            new.start()
            new.await_ready(SYNCED_WITHIN)
            assert not new.writes(since=mark), "a standby writes nothing"
            mark = cluster.audit.mark()
            old.signal(signal.SIGTERM)
            assert old.await_end(30) == 0, old.log_tail()
            await_take_over(new, since=mark, timeout=LONG)
            await_write(new, since=mark)
    finally:
        for each in running:
            each.stop()
    assert not [shown(each) for each in out_of_turn(cluster, since=begun)]


def foreign_writes(operator: Operator) -> float:
    """How many writes of somebody else it has counted."""
    families = text_string_to_metric_families(Ports(operator).metrics(scheme="http").text)
    samples = [sample for family in families for sample in family.samples]
    return sum(each.value for each in samples if each.name == "natsop_foreign_writes_total")


def test_two_without_election_notice_each_other(cluster: Cluster) -> None:
    operators = [
        Operator(cluster, install_service_account(cluster, account=account), *SERVING, name=f"unelected-{account}")
        for account in ACCOUNTS
    ]
    try:
        for each in operators:
            each.start()
        wait_until(lambda: any(map(foreign_writes, operators)), NOTICED_WITHIN, "one counts the writes")
        said = "".join(each.said() for each in operators)
        assert "was written by another process as field manager nats-operator" in said
        assert "--leader-elect" in said
    finally:
        for each in operators:
            each.stop()
