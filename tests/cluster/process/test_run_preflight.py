"""`natsop run` that cannot start says why in one line, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from natsop_core.rbac import cluster_role, leader_election_role
from tests.cluster.refusal import first_warning, refusal
from tests.testbed.cluster import write_kubeconfig
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import (
    NAMESPACE,
    SERVICE_ACCOUNT,
    Operator,
    binding_of,
    install_crds,
    install_service_account,
)
from tests.testbed.wait import wait_until


@pytest.fixture(scope="module")
def served(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """The control plane with the CRDs installed."""
    install_crds(control_plane.cluster)
    yield control_plane


def kubeconfig_like(plane: ControlPlane, target: Path, *, server: str | None = None, token: str = "") -> Path:
    """The admin's kubeconfig, with another server or token."""
    admin = json.loads(plane.cluster.kubeconfig.read_text())
    cluster = admin["clusters"][0]["cluster"]
    authority = cluster["certificate-authority"]
    write_kubeconfig(target, server=server or cluster["server"], authority=authority, token=token)
    return target


def test_without_crds_it_says_how_to_install_them(control_plane: ControlPlane, tmp_path: Path) -> None:
    line = refusal(control_plane.cluster.kubeconfig, tmp_path)
    assert "natsclusters.nats.crewlet.cloud" in line
    assert "natsop crds | kubectl apply --server-side -f -" in line


def test_without_a_kubeconfig_it_says_where_it_looked(tmp_path: Path) -> None:
    line = refusal(None, tmp_path)
    assert "~/.kube/config not found" in line
    assert "--kubeconfig" in line


def test_without_a_server_it_says_which_one_it_tried(control_plane: ControlPlane, tmp_path: Path) -> None:
    nowhere = kubeconfig_like(control_plane, tmp_path / "config", server="https://127.0.0.1:1")
    line = first_warning(nowhere, tmp_path)
    assert line.startswith("Cannot reach the API server at https://127.0.0.1:1")
    assert line.endswith("(retrying for 60 s)")


def test_with_a_token_that_is_not_known_it_says_so(control_plane: ControlPlane, tmp_path: Path) -> None:
    made_up = "nobody has this token"
    unknown = kubeconfig_like(control_plane, tmp_path / "config", token=made_up)
    assert "does not accept our credentials" in refusal(unknown, tmp_path)


def test_without_permission_it_says_which_is_missing(served: ControlPlane, tmp_path: Path) -> None:
    lacking = ["secrets"], ["events"]
    others = [rule for rule in cluster_role()["rules"] if rule["resources"] not in lacking]
    line = refusal(install_service_account(served.cluster, others), tmp_path)
    assert line == (
        "No permission to create, delete, get, list, patch, watch secrets; create events.events.k8s.io "
        "in all namespaces; grant it to system:serviceaccount:nats-system:nats-operator"
    )


def test_without_the_right_to_watch_it_does_not_start_only_to_list_for_ever(
    served: ControlPlane, tmp_path: Path
) -> None:
    but_watch = [
        {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "watch"]} for rule in cluster_role()["rules"]
    ]
    line = refusal(install_service_account(served.cluster, but_watch), tmp_path)
    assert line.startswith("No permission to watch natsclusters.nats.crewlet.cloud, ")


def test_without_a_right_that_not_all_need_it_warns_and_starts(served: ControlPlane) -> None:
    but_events = [rule for rule in cluster_role()["rules"] if rule["resources"] != ["events"]]
    operator = Operator(served.cluster, install_service_account(served.cluster, but_events), name="without-events")
    operator.start()
    operator.await_ready()
    operator.stop()
    assert "No permission to create events.events.k8s.io in all namespaces; grant it to" in operator.said()


def test_without_permission_to_look_at_the_lease_it_says_so(served: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = install_service_account(served.cluster)
    line = refusal(kubeconfig, tmp_path, "--leader-elect", "--leader-election-namespace=default")
    assert "create leases.coordination.k8s.io; get, update leases.coordination.k8s.io nats-operator" in line
    assert "in namespace default" in line
    assert "system:serviceaccount:nats-system:nats-operator" in line


def test_it_waits_for_an_api_server_that_restarts(served: ControlPlane) -> None:
    operator = Operator(served.cluster, install_service_account(served.cluster), name="early")
    served.api_server.stop(grace=0)
    try:
        operator.start()
        wait_until(lambda: "Cannot reach the API server" in operator.said(), what="it says what it waits for")
    finally:
        served.api_server.start()
        served.api_server.await_ready(60)
    operator.await_ready()
    operator.stop()


def test_the_first_line_of_the_log_says_where_it_is(served: ControlPlane) -> None:
    operator = Operator(
        served.cluster, install_service_account(served.cluster), "--namespaces=default", name="first-line"
    )
    operator.start()
    operator.await_ready()
    operator.stop()
    server = json.loads(served.cluster.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    first = json.loads(operator.said().splitlines()[0])["message"]
    assert first == (f"natsop {version('natsop')}: server {server}, context testbed, user testbed, namespace default")


def test_two_installations_in_one_namespace_have_leases_of_their_own(served: ControlPlane) -> None:
    client = served.cluster.client
    kubeconfig = install_service_account(served.cluster)
    other = leader_election_role(NAMESPACE, "nats-operator-b")
    binding = binding_of(other, SERVICE_ACCOUNT)
    binding["metadata"]["name"] = other["metadata"]["name"]
    for manifest in (other, binding):
        client.apply(manifest)
    where = f"--leader-election-namespace={NAMESPACE}"
    first = Operator(served.cluster, kubeconfig, "--leader-elect", where, name="first")
    second = Operator(
        served.cluster, kubeconfig, "--leader-elect", where, "--lease-name=nats-operator-b", name="second"
    )
    for operator in (first, second):
        operator.start()
    try:
        for operator in (first, second):
            wait_until(lambda operator=operator: "leading" in operator.said(), what=f"{operator.name} leads")  # type: ignore[misc]
        leases = {each["metadata"]["name"] for each in client.list("Lease", namespace=NAMESPACE)}
        assert {"nats-operator", "nats-operator-b"} <= leases
    finally:
        for operator in (first, second):
            operator.stop()
