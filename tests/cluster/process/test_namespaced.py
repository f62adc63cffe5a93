"""An operator that is limited to some namespaces needs Roles in these, and no ClusterRole."""

from __future__ import annotations

import json
import os
import re
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import pytest

from natsop_core.kinds import ACCESS_REVIEWS, TOKEN_REVIEWS
from natsop_core.rbac import namespaced_role
from tests.cluster.integrations import install_integrations
from tests.cluster.refusal import refusal
from tests.cluster.site import COLLECTED_WITHIN, Site, nats_box, nats_cluster
from tests.testbed.audit import QUESTIONS, AuditEntry
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

REVIEWS: Final = {TOKEN_REVIEWS.plural, ACCESS_REVIEWS.plural}

MANY: Final = 85

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
    asked = [each for each in limited.entries() if each.resource not in {"", *QUESTIONS}]
    assert all(each.namespace for each in asked), "not of all namespaces"


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
    assert not [each for each in limited.entries(since=mark) if each.forbidden or each.resource in REVIEWS]


def test_metrics_for_those_whom_the_api_server_lets_take_one_cluster_role(limited: Limited) -> None:
    client = limited.one.client
    token = json.loads(client.kubeconfig.read_text())["users"][0]["user"]["token"]
    with serving_metrics(limited) as address:
        assert ask(f"https://{address}", token) == 503
        client.apply(binding_of(AUTH_DELEGATOR, LIMITED))
        wait_until(lambda: ask(f"https://{address}", token) == 200, what="the administrator may read metrics")
        assert ask(f"https://{address}", "made up") == 401


def test_without_a_role_in_any_of_them_it_says_where(cluster: Cluster, tmp_path: Path) -> None:
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)

    line = refusal(kubeconfig, tmp_path, "--namespaces=nowhere,elsewhere")

    assert "in namespace nowhere" in line
    assert "in namespace elsewhere" in line
    assert USER in line


def test_a_namespace_that_is_gone_keeps_no_other_waiting_and_is_worked_in_once_it_is_back(cluster: Cluster) -> None:
    make_namespace(cluster, "granted")
    grant(cluster, "granted")
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)
    options = ("--namespaces=gone,granted", "--metrics-bind-address=127.0.0.1:0", "--no-metrics-secure")
    operator = Operator(cluster, kubeconfig, *options, name="operator-of-gone")
    operator.start()
    operator.await_ready()
    try:
        site = Site(operator, "granted")
        site.create(nats_cluster("c"))
        site.await_child("StatefulSet", "c", site.client.get("NatsCluster", "c"))
        assert operator.said().count("amespace gone is not served") == 1, operator.said()
        assert served(operator) == {"gone": 0.0, "granted": 1.0}

        make_namespace(cluster, "gone")
        grant(cluster, "gone")
        site = Site(operator, "gone")
        site.create(nats_cluster("c"))
        site.await_child("StatefulSet", "c", site.client.get("NatsCluster", "c"))
        wait_until(lambda: served(operator) == {"gone": 1.0, "granted": 1.0}, what="both are served")
        assert "namespace gone is served again" in operator.said()
    finally:
        operator.stop()


def served(operator: Operator) -> dict[str, float]:
    """Which namespaces it says that it serves."""
    [port] = re.findall(r"metrics at port (\d+)", operator.said())
    text = httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=20, trust_env=False).text
    return {name: float(value) for name, value in re.findall(r'natsop_namespace_served\{namespace="(.*)"\} (.*)', text)}


def test_more_namespaces_than_the_usual_limit_of_open_files_allows_are_all_worked_in(cluster: Cluster) -> None:
    """The limit that shells and containers usually have is 1,024; the hard one is that of this process."""
    names = [f"many-{number}" for number in range(MANY)]
    for name in names:
        make_namespace(cluster, name)
        grant(cluster, name)
    kubeconfig = cluster.kubeconfig_for_service_account(NAMESPACE, LIMITED)
    options = (f"--namespaces={','.join(names)}", "--health-probe-bind-address=127.0.0.1:0")
    operator = Operator(cluster, kubeconfig, *options, name="operator-of-many")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    began = time.monotonic()
    try:
        operator.start()
        operator.await_ready(120)
        print(f"{MANY} namespaces are known after {time.monotonic() - began:.1f} s")
        site = Site(operator, names[-1])
        site.create(nats_cluster("c"))
        site.await_child("StatefulSet", "c", site.client.get("NatsCluster", "c"))
        [port] = re.findall(r"probes at port (\d+)", operator.said())
        assert httpx2.get(f"http://127.0.0.1:{port}/readyz", timeout=20, trust_env=False).status_code == 200
        assert len(list(Path(f"/proc/{operator.pid}/fd").iterdir())) > 1024
        assert "Too many open files" not in operator.said()
    finally:
        operator.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
