"""What is switched off or deleted goes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from tests.cluster.reconciling.trio import CHILDREN, TRIO, await_all_is_well, await_problem
from tests.cluster.site import Site, nats_cluster, new_site, unauthorized
from tests.cluster.strangers import CLUSTER_LABELS, look, settle, strangers
from tests.testbed.operator import Operator

HOLD: Final = "tests.example/hold"


@pytest.fixture
def site(operated: Operator) -> Iterator[Site]:
    mark = operated.cluster.audit.mark()
    yield new_site(operated, "switched-off")
    assert not unauthorized(operated.cluster, since=mark)


def test_a_budget_that_is_switched_off_is_deleted(site: Site) -> None:
    site.create(nats_cluster("c", TRIO))

    site.client.patch("NatsCluster", "c", {"spec": {"podDisruptionBudget": {"enabled": False}}})

    site.await_gone("PodDisruptionBudget", "c-pdb")
    await_all_is_well(site, "NatsCluster", "c")


def test_a_budget_of_somebody_else_stays_when_ours_is_switched_off(site: Site) -> None:
    theirs = settle(site, strangers(CLUSTER_LABELS)["budget"])
    site.create(nats_cluster("c", TRIO))
    await_problem(site, "NatsCluster", "c", "NameConflict")

    site.client.patch("NatsCluster", "c", {"spec": {"podDisruptionBudget": {"enabled": False}}})

    await_all_is_well(site, "NatsCluster", "c")
    assert look(site, theirs) == theirs


def test_a_trio_that_becomes_a_solo_loses_its_budget_and_its_routes(site: Site) -> None:
    site.create(nats_cluster("c", {"replicas": 3}))
    assert "cluster {" in site.client.get("ConfigMap", "c-config")["data"]["nats.conf"]

    site.client.patch("NatsCluster", "c", {"spec": {"replicas": 1}})
    site.await_handled("NatsCluster", "c")

    site.await_gone("PodDisruptionBudget", "c-pdb")
    assert "cluster {" not in site.client.get("ConfigMap", "c-config")["data"]["nats.conf"]
    assert site.client.get("StatefulSet", "c")["spec"]["replicas"] == 1
    ports = site.client.get("Service", "c-headless")["spec"]["ports"]
    assert [port["name"] for port in ports] == ["nats", "monitor"]


def test_a_cluster_that_is_being_deleted_gets_nothing_applied(site: Site) -> None:
    site.create(nats_cluster("c", {"replicas": 3}, finalizers=[HOLD]))
    site.await_pods()
    site.client.delete("NatsCluster", "c")
    site.await_quiet()
    mark = site.mark()

    site.client.patch("ConfigMap", "c-config", {"data": {"nats.conf": "mine"}})
    site.client.delete("PodDisruptionBudget", "c-pdb")
    site.client.patch("NatsCluster", "c", {"spec": {"config": {"nats": {"port": 4333}}}})
    site.await_quiet()

    assert not site.writes(since=mark)
    assert site.client.get("ConfigMap", "c-config")["data"] == {"nats.conf": "mine"}

    site.client.patch("NatsCluster", "c", {"metadata": {"finalizers": None}})

    for kind, name in CHILDREN:
        site.await_gone(kind, name)
