"""A NatsCluster with NACK Accounts is deleted: Accounts first, servers last, whenever the operator is killed."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from natsop_core.kinds import NACK_ACCOUNTS
from tests.simulation.faults import FaultKind
from tests.simulation.referred import JWT, REQUIRED, STREAM
from tests.simulation.scenario import Outcome, Scenario, play
from tests.simulation.steps import Step, custom_resource
from tests.testbed.client import Manifest

CLUSTER: Final = custom_resource("NatsCluster", "a", {"auth": {"jwt": JWT}})

FIRST_WRITES: Final = 12
"""Of a cluster's first turn: its children, the finalizer, the Account, the status."""

LAST_WRITES: Final = 4
"""Of a deletion: the Account, the status, the finalizer."""


def put(manifest: Manifest, *, after: float = 4.0) -> Step:
    return Step(after, "put", {"namespace": "prod", "manifest": manifest})


def delete(kind: str, name: str, *, after: float = 4.0) -> Step:
    return Step(after, "delete", {"namespace": "prod", "kind": kind, "name": name})


def crash(kind: str, *, at: int) -> Step:
    """The operator is killed at that write from now on."""
    return Step(4.0, "fault", {"kind": kind, "to": "write", "after": at})


def played(*steps: Step) -> Outcome:
    references = tuple(put(each, after=0.0) for each in REQUIRED)
    installed = (NACK_ACCOUNTS.api_version,)
    scenario = Scenario(seed=1, operators=1, namespaces=(), installed=installed, steps=(*references, *steps))
    outcome = play(scenario, REQUIRED)
    assert not outcome.problems, outcome.report(scenario)
    return outcome


crashes = pytest.mark.parametrize("kind", [each for each in get_args(FaultKind) if each.startswith("crash")])


@crashes
@pytest.mark.parametrize("writes", range(FIRST_WRITES))
def test_no_account_is_left_behind_when_the_operator_is_killed_while_it_makes_the_cluster(
    kind: str, writes: int
) -> None:
    played(crash(kind, at=writes), put(CLUSTER, after=0.0), delete("NatsCluster", "a", after=2.0))


@pytest.mark.parametrize("writes", range(FIRST_WRITES))
def test_nor_when_the_cluster_is_deleted_while_a_write_takes_long(writes: int) -> None:
    """Without the finalizer it is gone at once, and must get no Account any more."""
    slow = Step(4.0, "fault", {"kind": "slow", "to": "write", "after": writes})
    played(slow, put(CLUSTER, after=0.0), delete("NatsCluster", "a", after=1.0))


@crashes
@pytest.mark.parametrize("writes", range(LAST_WRITES))
def test_nor_while_the_cluster_is_deleted(kind: str, writes: int) -> None:
    played(put(CLUSTER), crash(kind, at=writes), delete("NatsCluster", "a", after=0.0))


@crashes
@pytest.mark.parametrize("writes", range(LAST_WRITES))
def test_a_stream_that_uses_it_holds_the_cluster_and_its_end_lets_it_go(kind: str, writes: int) -> None:
    trace = played(
        put(CLUSTER),
        put(STREAM),
        crash(kind, at=writes),
        delete("NatsCluster", "a", after=0.0),
        delete("Stream", "orders", after=70.0),
    ).trace
    assert trace.index("people       DELETE /apis/jetstream.nats.io/v1beta2/namespaces/prod/streams") < trace.index(
        "DELETE /apis/jetstream.nats.io/v1beta2/namespaces/prod/accounts"
    )


def test_a_cluster_that_is_made_anew_waits_for_the_one_before() -> None:
    recreate = Step(4.0, "recreate", {"namespace": "prod", "kind": "NatsCluster", "name": "a"})
    played(put(CLUSTER), put(STREAM), recreate, delete("Stream", "orders", after=70.0))


def test_nack_may_be_uninstalled_at_any_time() -> None:
    uninstall = Step(70.0, "uninstall", {"api_version": NACK_ACCOUNTS.api_version})
    played(put(CLUSTER), put(STREAM), delete("NatsCluster", "a"), uninstall)


@pytest.mark.parametrize("do", ["delete", "disown"])
def test_without_its_stateful_set_a_cluster_still_knows_of_its_accounts(do: str) -> None:
    lost = Step(4.0, do, {"namespace": "prod", "kind": "StatefulSet", "name": "a"})
    kill = Step(0.0, "crash", {"operator": 0})
    played(put(CLUSTER), kill, lost, delete("NatsCluster", "a", after=0.0))
