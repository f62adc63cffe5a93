"""A running operator waits out what goes away: the API server, etcd, the wires in between, its own definitions."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from typing import Final

import pytest

from natsop_core.crd import custom_resource_definitions
from natsop_core.kinds import CLUSTERS
from tests.cluster.process.convergence import await_convergence
from tests.cluster.process.crowd import ROUTES, SEED, Crowd
from tests.cluster.process.wires import Wires
from tests.cluster.site import COLLECTED_WITHIN, Site, await_quiet, nats_box, nats_cluster, new_site, wait_out
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import USER, Operator, install_crds, install_service_account
from tests.testbed.process import Component
from tests.testbed.wait import wait_until

BACK_WITHIN: Final = 90
"""Seconds until the operator works again after an outage: its longest pause between two attempts is 30."""

CONVERGED_WITHIN: Final = 300

FROZEN: Final = 13
"""Seconds; a request is given up after ten."""

UNNOTICED: Final = 150
"""Seconds for which a watch may be silent before it counts as lost."""

QUIET: Final = 5

FEW: Final = 10
"""Clusters that change, where not how many there are is what matters."""

pytestmark = pytest.mark.long


@pytest.fixture
def site(operated: Operator) -> Iterator[Site]:
    """Whatever happens, the operator is not to end by it."""
    pid = operated.pid
    yield new_site(operated, "outages")
    assert operated.pid == pid, operated.log_tail()


def test_whatever_is_killed_under_it_while_everything_changes_all_is_well_in_the_end(
    site: Site, control_plane: ControlPlane
) -> None:
    crowd, chance = Crowd(site, SEED), random.Random(SEED)  # noqa: S311
    crowd.gather()
    etcd, api_server = control_plane.etcd, control_plane.api_server

    for killed in ([etcd], [api_server], [etcd, api_server], [api_server]):
        crowd.change(20)
        kill_for_a_while(killed, seconds=chance.uniform(0, 4))
        crowd.change(10)
    restart_garbage_collector(control_plane)
    crowd.gather()

    await_convergence(site, others=[("Secret", ROUTES)], timeout=CONVERGED_WITHIN)
    await_quiet(site.cluster, site.writes, QUIET)


def kill_for_a_while(components: list[Component], *, seconds: float) -> None:
    for component in components:
        component.stop(grace=0)
    wait_out(seconds)
    for component in components:
        component.start()
    for component in components:
        component.await_ready(60)


def restart_garbage_collector(control_plane: ControlPlane) -> None:
    """What is deleted and made anew while it cannot watch is one changed object to it, and what the old one had stays.

    It looks for owners by UID and hears of changes by name (graph_builder.go, and SharedInformer's documentation).
    """
    control_plane.controller_manager.restart()


def test_an_api_server_that_stands_still_for_longer_than_a_request_may_take(
    site: Site, control_plane: ControlPlane
) -> None:
    crowd = Crowd(site, SEED, FEW)
    crowd.gather()
    pid = control_plane.api_server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_out(FROZEN)
    finally:
        os.kill(pid, signal.SIGCONT)

    await_convergence(site, others=[("Secret", ROUTES)], timeout=CONVERGED_WITHIN)


def test_of_two_definitions_the_one_that_stays_is_served_while_the_other_is_away(
    site: Site, control_plane: ControlPlane
) -> None:
    client, definition = site.client, f"{CLUSTERS.plural}.{CLUSTERS.group}"
    for name in ("first", "second"):
        site.create(nats_cluster(name))
    site.create(nats_box("box", "first"))

    client.delete("CustomResourceDefinition", definition)
    site.await_gone("CustomResourceDefinition", definition)

    client.create(nats_box("another", "no-such-cluster"))
    site.await_condition("NatsBox", "another", "Progressing", "True", reason="ClusterNotFound")
    await_box(site, "box", "True", "ClusterNotFound")

    install_crds(site.cluster)
    restart_garbage_collector(control_plane)

    site.client.create(nats_cluster("first"))
    await_box(site, "box", "False", "AsExpected")
    site.await_child("StatefulSet", "first", site.client.get("NatsCluster", "first"), timeout=COLLECTED_WITHIN)
    site.await_gone("StatefulSet", "second", timeout=COLLECTED_WITHIN)


def await_box(site: Site, name: str, degraded: str, reason: str) -> None:
    site.await_condition("NatsBox", name, "Degraded", degraded, reason=reason, timeout=BACK_WITHIN)


def test_both_definitions_can_go_and_come_back_while_the_clusters_change(
    site: Site, control_plane: ControlPlane
) -> None:
    crowd = Crowd(site, SEED, FEW)
    crowd.gather()
    for definition in custom_resource_definitions():
        site.client.delete("CustomResourceDefinition", definition["metadata"]["name"])
    wait_until(lambda: not site.client.list("CustomResourceDefinition"), BACK_WITHIN, "the definitions are gone")

    install_crds(site.cluster)
    restart_garbage_collector(control_plane)
    crowd.gather()

    await_convergence(site, others=[("Secret", ROUTES)], timeout=CONVERGED_WITHIN)


def test_a_cluster_that_is_deleted_in_the_foreground_while_the_operator_is_down_is_left_to_go(
    operated: Operator,
) -> None:
    site = new_site(operated, "down")
    site.create(nats_cluster("c", {"replicas": 3}))
    site.client.patch("ConfigMap", "c-config", {"metadata": {"finalizers": ["tests.example/hold"]}})
    operated.stop(grace=10)
    site.client.delete("NatsCluster", "c", propagationPolicy="Foreground")
    for kind, name in (("StatefulSet", "c"), ("Service", "c")):
        site.await_gone(kind, name)
    mark = site.mark()

    operated.start()
    operated.await_ready()
    site.await_quiet()

    assert not site.writes(since=mark)
    assert "deletionTimestamp" in site.client.get("NatsCluster", "c")["metadata"]
    site.client.patch("ConfigMap", "c-config", {"metadata": {"finalizers": None}})
    site.await_gone("NatsCluster", "c")
    site.await_gone("ConfigMap", "c-config")


@pytest.fixture
def wires(operated: Operator) -> Iterator[Wires]:
    with Wires(install_service_account(operated.cluster)) as wires:
        yield wires


@pytest.fixture
def wired(operated: Operator, wires: Wires) -> Iterator[Site]:
    """With an operator at the other end of wires; the module's own is off meanwhile."""
    operated.stop(grace=10)
    operator = Operator(operated.cluster, wires.kubeconfig)
    operator.start()
    operator.await_ready()
    yield new_site(operator, "wired")
    operator.stop()
    operated.start()
    operated.await_ready()


def test_connections_that_are_cut_are_made_anew_and_nothing_is_missed(wired: Site, wires: Wires) -> None:
    crowd = Crowd(wired, SEED, FEW)
    crowd.gather()
    for _ in range(5):
        crowd.change(10)
        wait_until(wires.cut, BACK_WITHIN, "there are connections to cut")

    await_convergence(wired, others=[("Secret", ROUTES)], timeout=CONVERGED_WITHIN)


def test_watches_that_hear_nothing_and_are_not_told_that_they_never_will_are_given_up(
    wired: Site, wires: Wires
) -> None:
    """Half-open connections, as a firewall that forgets them makes them: nobody hears of their end."""
    wired.create(nats_cluster("c"))
    wired.await_quiet()
    frozen = wires.freeze()
    assert frozen > 10, "one for each watch"
    mark = wired.mark()

    wired.client.patch("NatsCluster", "c", {"spec": {"config": {"nats": {"port": 4333}}}})

    wait_until(
        lambda: wired.client.get("NatsCluster", "c").get("status", {}).get("observedGeneration") == 2,
        UNNOTICED + BACK_WITHIN,
        "the change is noticed after all",
        interval=1,
    )
    assert "port: 4333" in wired.client.get("ConfigMap", "c-config")["data"]["nats.conf"]
    asked = wired.cluster.audit.entries(user=USER, since=mark)
    assert len(asked) < 100, f"{len(asked)} requests for {frozen} connections"
