"""Two programs that want one field to be different: ours gives way to one try a minute, and names the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.cluster.site import SOON, Site, nats_cluster, new_site, wait_out
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.repeated import repeated
from tests.testbed.wait import wait_until

RIVAL: Final = "argocd"
PAUSE: Final = timedelta(seconds=8)
"""Longer than a repair takes, and shorter than the time between two when they are slow."""

FOUGHT_FOR: Final = 70.0


@pytest.fixture
def site(operated: Operator) -> Site:
    return new_site(operated, "contested")


@contextmanager
def fighting(set_back: Callable[[], object]) -> Iterator[None]:
    """Somebody who sets something back a few times a second, whatever anybody does."""
    with repeated(set_back, every=0.2):
        yield


def take_port(site: Site) -> None:
    """Moves the client port, as an editor does: what is ours and what is theirs cannot stand side by side."""
    service: Manifest = site.client.get("Service", "c")
    ports = [{**each, "port": 4333} if each["name"] == "nats" else each for each in service["spec"]["ports"]]
    version = service["metadata"]["resourceVersion"]
    change = {"metadata": {"resourceVersion": version}, "spec": {"ports": ports}}
    site.client.patch("Service", "c", change, field_manager=RIVAL)


def take_conf(site: Site) -> None:
    site.client.patch("ConfigMap", "c-config", {"data": {"nats.conf": "port: 1"}}, field_manager=RIVAL)


@pytest.mark.long
@pytest.mark.parametrize(
    ("take", "kind", "name", "field", "ours"),
    [
        (take_port, "Service", "c", "spec.ports[port=4222,protocol=TCP]", "'port': 4222"),
        (take_conf, "ConfigMap", "c-config", "data.nats.conf", "port: 4222"),
    ],
)
def test_a_fight_is_told_and_slows_down_to_one_repair_a_minute_and_delays_nothing_else(
    site: Site, take: Callable[[Site], None], kind: str, name: str, field: str, ours: str
) -> None:
    site.create(nats_cluster("c", {"replicas": 3}))
    site.await_quiet()
    mark = site.mark()

    with fighting(lambda: take(site)):
        told = site.await_condition("NatsCluster", "c", "Degraded", "True", reason="Contested")["message"]
        assert f"{kind} {name}: the field manager {RIVAL} changes {field} back" in told
        wait_until(lambda: is_slow(site, name, mark), SOON, "the fast repairs are made")

        budget = site.client.get("PodDisruptionBudget", "c-pdb")["spec"]
        site.client.patch("PodDisruptionBudget", "c-pdb", {"spec": {"maxUnavailable": 2}})
        wait_until(lambda: site.client.get("PodDisruptionBudget", "c-pdb")["spec"] == budget, 10, "another is repaired")

        since = site.mark()
        wait_out(FOUGHT_FOR)
        late = site.changes(name, since=since)
        status = [each for each in site.writes(since=since) if each.resource == "natsclusters"]

    assert len(repairs(late)) in {1, 2}, late
    assert len(status) <= 1, "the message does not change with each repair"
    site.await_condition("NatsCluster", "c", "Degraded", "True", reason="Contested")
    wait_until(lambda: ours in str(site.client.get(kind, name)), 2 * SOON, "the last word is ours")


def is_slow(site: Site, name: str, mark: int) -> bool:
    """Whether the last repair was a while ago, though somebody makes them necessary all the time."""
    latest = max(each.answered for each in site.changes(name, since=mark))
    return datetime.now(UTC) - latest > PAUSE


def repairs(writes: Sequence[AuditEntry]) -> list[AuditEntry]:
    """The first write of each: a repair may take several requests."""
    times = [each.answered for each in writes]
    return [
        each for each, before in zip(writes, [None, *times], strict=False) if not before or each.time - before > PAUSE
    ]
