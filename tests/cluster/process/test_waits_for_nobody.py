"""A new cluster is not kept waiting by the trouble of others: monitors, a request and a webhook that never answer."""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Iterator
from typing import Final

import pytest

from tests.cluster.process.hanging import HangingRequests, port_without_answers
from tests.cluster.reconciling.bad_inputs import ASKS, SILENT, webhook_configuration
from tests.cluster.site import SOON, Site, nats_cluster, new_site, wait_out
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import Operator, install_crds, install_service_account
from tests.testbed.wait import wait_until

UNREACHABLE: Final = 100
"""Clusters whose pod runs and has a monitor that drops packets."""

MADE_WITHIN: Final = 2.0
QUIET: Final = 0.3
"""Seconds for a new cluster, and for one without any trouble where nothing else computes. What the slowest of as many
takes longer before and after, since other tests want the processors, too, is added for the slowest one."""

NEW: Final = 12
EVERY: Final = 3.0
"""So many new clusters, one after the other, each so many seconds: unreachable pods are asked again after thirty."""

PODS_WITHIN: Final = 120

pytestmark = pytest.mark.long


@pytest.fixture
def hanging(control_plane: ControlPlane) -> Iterator[HangingRequests]:
    install_crds(control_plane.cluster)
    with HangingRequests(install_service_account(control_plane.cluster)) as hanging:
        yield hanging


@pytest.fixture
def operator(control_plane: ControlPlane, hanging: HangingRequests) -> Iterator[Operator]:
    operator = Operator(control_plane.cluster, hanging.kubeconfig)
    operator.start()
    operator.await_ready()
    yield operator
    operator.stop()


def test_a_new_cluster_is_made_at_once_whatever_others_wait_for(operator: Operator, hanging: HangingRequests) -> None:
    seconds_to_make(new_site(operator, "first"))  # by a process that has never done it
    undisturbed = [seconds_to_make(new_site(operator, f"before-{number}")) for number in range(NEW // 2)]
    unreachable = new_site(operator, "unreachable")
    with port_without_answers() as port, socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        have_unreachable_pods(unreachable, port)
        trouble = [have_hanging_request(operator, hanging), have_silent_webhook(operator, silent)]
        took = []
        for number in range(NEW):
            began = time.monotonic()
            edit(unreachable, turn=number)
            for each in trouble:
                each.client.patch("NatsCluster", "c", {"metadata": {"labels": {"example/turn": str(number)}}})
            wait_until(lambda: hanging.hanging, SOON, "the request hangs", interval=0.02)
            took.append(seconds_to_make(new_site(operator, f"new-{number}")))
            assert hanging.hanging, "the request still hangs"
            wait_out(EVERY - (time.monotonic() - began))
    undisturbed += [seconds_to_make(new_site(operator, f"after-{number}")) for number in range(NEW // 2)]
    print("seconds:", shown(took), "; undisturbed:", shown(undisturbed), "; requests that hung:", hanging.hung)
    assert statistics.median(took) <= MADE_WITHIN, (took, undisturbed)
    slower = max(0.0, max(undisturbed) - QUIET)
    assert max(took) <= MADE_WITHIN + slower, (took, undisturbed)


def shown(times: list[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in times)


def have_unreachable_pods(site: Site, port: int) -> None:
    """Pods that seem to run, as a kubelet would say of them, and that nobody reaches."""
    spec = {"replicas": 1, "config": {"monitor": {"port": port}}}
    for number in range(UNREACHABLE):
        site.client.create(nats_cluster(f"c{number}", spec))

    def made() -> list[Manifest]:
        pods = site.client.list("Pod")
        return pods if len(pods) == UNREACHABLE else []

    for number, pod in enumerate(wait_until(made, PODS_WITHIN, "all pods are made", interval=1)):
        site.client.patch(
            "Pod", pod["metadata"]["name"], {"status": running(pod, f"127.1.{number}.1")}, subresource="status"
        )
    site.await_condition("NatsCluster", "c0", "ConfigurationLoaded", "Unknown", timeout=SOON)


def running(pod: Manifest, address: str) -> Manifest:
    started = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    containers = [
        {
            "name": each["name"],
            "image": each["image"],
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": started,
        }
        for each in pod["spec"]["containers"]
    ]
    return {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}], "containerStatuses": containers}


def have_hanging_request(operator: Operator, hanging: HangingRequests) -> Site:
    """A cluster whose Secret is asked for in vain."""
    site = new_site(operator, "hanging")
    hanging.path = f"/api/v1/namespaces/{site.name}/secrets/routes"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "routes"}}
    site.client.create({**secret, "stringData": {"user": "u", "password": "p"}})
    routes = {"routeURLs": {"authSecretRef": {"name": "routes"}}}
    site.client.create(nats_cluster("c", {"replicas": 3, "config": {"cluster": routes}}))
    wait_until(lambda: hanging.hanging, SOON, "the request hangs")
    return site


def have_silent_webhook(operator: Operator, silent: socket.socket) -> Site:
    """A cluster of whose objects none is admitted or refused."""
    client, (host, port) = operator.cluster.client, silent.getsockname()
    client.apply(webhook_configuration({SILENT: f"https://{host}:{port}"}))
    name = f"silent-{os.urandom(4).hex()}"
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {ASKS: SILENT}}})
    site = Site(operator, name)
    site.client.create(nats_cluster("c"))
    return site


def edit(unreachable: Site, *, turn: int) -> None:
    """Have a third of the clusters reconciled, as if somebody edited them."""
    for number in range(turn % 3, UNREACHABLE, 3):
        unreachable.client.patch("NatsCluster", f"c{number}", {"metadata": {"labels": {"example/turn": str(turn)}}})


OBJECTS: Final = (
    ("ConfigMap", "c-config"),
    ("Service", "c"),
    ("Service", "c-headless"),
    ("StatefulSet", "c"),
    ("PodDisruptionBudget", "c-pdb"),
)


def seconds_to_make(site: Site) -> float:
    """How long it takes until all objects of a new cluster are there."""
    began = time.monotonic()
    site.client.create(nats_cluster("c", {"replicas": 3}))

    def made() -> bool:
        return all(site.client.find(kind, name) for kind, name in OBJECTS)

    wait_until(made, SOON, "all objects of a new cluster are there", interval=0.02)
    return time.monotonic() - began
