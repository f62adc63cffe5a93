"""An operator that is limited to some namespaces needs Roles in these, and no ClusterRole."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from natsop_core.rbac import namespaced_role
from tests.cluster.integrations import install_integrations
from tests.cluster.refusal import refusal
from tests.cluster.site import COLLECTED_WITHIN, Site, nats_box, nats_cluster
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import (
    NAMESPACE,
    Operator,
    binding_of,
    install_crds,
    install_service_account,
    service_account,
)
from tests.testbed.wait import wait_until

LIMITED: Final = "nats-operator-limited"
USER: Final = f"system:serviceaccount:{NAMESPACE}:{LIMITED}"
AUTH_DELEGATOR: Final[Manifest] = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "system:auth-delegator"},
}

MONITORED: Final[Manifest] = {"replicas": 2, "promExporter": {"enabled": True, "podMonitor": {"enabled": True}}}


@dataclass(frozen=True)
class Limited:
    """An operator with Roles in the namespaces `one` and `other`, which it is limited to, and none in `foreign`."""

    operator: Operator
    one: Site
    other: Site
    foreign: Site

    def entries(self, *, namespace: str = "", since: int = 0) -> list[AuditEntry]:
        """What it asked for."""
        return self.operator.cluster.audit.entries(user=USER, namespace=namespace, since=since)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Cluster:
    """Where the optional kinds are served, and a ServiceAccount is that has no rights yet."""
    cluster = control_plane.cluster
    install_integrations(cluster.client)
    install_crds(cluster)
    for manifest in (
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        service_account(LIMITED),
    ):
        cluster.client.apply(manifest)
    return cluster


@pytest.fixture(scope="module")
def limited(cluster: Cluster) -> Iterator[Limited]:
    names = [f"{name}-{os.urandom(4).hex()}" for name in ("one", "other", "foreign")]
    for name in names:
        make_namespace(cluster, name)
    for name in names[:2]:
        grant(cluster, name)
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)
    operator = Operator(cluster, kubeconfig, f"--namespaces={','.join(names[:2])}", name=LIMITED)
    operator.start()
    operator.await_ready()
    yield Limited(operator, *(Site(operator, name) for name in names))
    operator.stop()


def make_namespace(cluster: Cluster, name: str) -> None:
    cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def grant(cluster: Cluster, namespace: str) -> None:
    """The rights that it needs in a namespace that it works in."""
    role = namespaced_role(namespace)
    for manifest in (role, binding_of(role, LIMITED)):
        cluster.client.apply(manifest)


def test_it_works_in_its_namespaces_and_does_not_look_at_others(limited: Limited) -> None:
    mark = limited.one.mark()
    for each in (limited.foreign, limited.one, limited.other):
        for manifest in (nats_cluster("c", MONITORED), nats_box("b", "c")):
            each.client.create(manifest)

    for each in (limited.one, limited.other):
        each.await_condition("NatsCluster", "c", "Degraded", "False")
        each.await_condition("NatsBox", "b", "Degraded", "False")
        owner = each.client.get("NatsCluster", "c")
        for kind, name in (("StatefulSet", "c"), ("PodDisruptionBudget", "c-pdb"), ("PodMonitor", "c-podmonitor")):
            each.await_child(kind, name, owner)

    assert "status" not in limited.foreign.client.get("NatsCluster", "c")
    assert not limited.entries(namespace=limited.foreign.name)
    assert not [each for each in limited.entries(since=mark) if each.forbidden]
    assert not [each for each in limited.entries() if each.resource and not each.namespace], "not of all namespaces"


def test_it_tells_events_there(limited: Limited) -> None:
    limited.one.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "taken-config"}})
    limited.one.create(nats_cluster("taken"))

    def told() -> list[Manifest]:
        events = limited.one.client.list("Event.events.k8s.io")
        return [each for each in events if each["reason"] == "NameConflict" and each["regarding"]["name"] == "taken"]

    wait_until(told, what="the event of a conflict")


def test_a_namespace_that_is_deleted_and_made_again_is_worked_in_again(limited: Limited) -> None:
    site = limited.other
    site.create(nats_cluster("before"))

    site.cluster.client.delete("Namespace", site.name)
    wait_until(lambda: site.cluster.client.find("Namespace", site.name) is None, COLLECTED_WITHIN, "it is gone")
    make_namespace(site.cluster, site.name)
    grant(site.cluster, site.name)

    site.create(nats_cluster("after"))
    site.await_child("StatefulSet", "after", site.client.get("NatsCluster", "after"))
    assert limited.operator.running


def test_a_namespace_that_does_not_exist_yet_is_worked_in_once_it_does(cluster: Cluster) -> None:
    """With rights in all namespaces, that is: there is no Role in a namespace that does not exist."""
    operator = Operator(cluster, install_service_account(cluster), "--namespaces=later", name="operator-of-later")
    operator.start()
    operator.await_ready()
    try:
        make_namespace(cluster, "later")
        site = Site(operator, "later")
        site.create(nats_cluster("c"))
        site.await_child("StatefulSet", "c", site.client.get("NatsCluster", "c"))
    finally:
        operator.stop()


@contextmanager
def serving_metrics(limited: Limited, *options: str) -> Iterator[str]:
    """Another operator with the same rights, and where it serves its metrics."""
    cluster, namespaces = limited.operator.cluster, f"--namespaces={limited.one.name},{limited.other.name}"
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)
    chosen = (namespaces, "--metrics-bind-address=127.0.0.1:0", *options)
    operator = Operator(cluster, kubeconfig, *chosen, name="operator-with-metrics")
    operator.start()
    operator.await_ready()
    try:
        [port] = re.findall(r"metrics at port (\d+)", operator.said())
        yield f"127.0.0.1:{port}/metrics"
    finally:
        operator.stop()


def ask(url: str, token: str = "") -> int:
    """The status of the answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.get(url, headers=headers, verify=False, timeout=20, trust_env=False).status_code


def test_metrics_in_plain_take_no_further_right(limited: Limited) -> None:
    mark = limited.one.mark()
    with serving_metrics(limited, "--no-metrics-secure") as address:
        assert ask(f"http://{address}") == 200
    assert not [each for each in limited.entries(since=mark) if each.forbidden or "reviews" in each.resource]


def test_metrics_for_those_whom_the_api_server_lets_take_one_cluster_role(limited: Limited) -> None:
    client = limited.one.client
    token = json.loads(client.kubeconfig.read_text())["users"][0]["user"]["token"]
    with serving_metrics(limited) as address:
        assert ask(f"https://{address}", token) == 503
        client.apply(binding_of(AUTH_DELEGATOR, LIMITED))
        wait_until(lambda: ask(f"https://{address}", token) == 200, what="the administrator may read metrics")
        assert ask(f"https://{address}", "made up") == 401


def test_without_a_role_in_one_of_them_it_says_where(cluster: Cluster, tmp_path: Path) -> None:
    make_namespace(cluster, "granted")
    grant(cluster, "granted")
    make_namespace(cluster, "ungranted")
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)

    line = refusal(kubeconfig, tmp_path, "--namespaces=granted,ungranted")

    assert "No permission to list natsclusters in namespace ungranted" in line
    assert USER in line
