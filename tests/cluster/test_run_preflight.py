"""`natsop run` that cannot start says why in one line, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsop_core.rbac import cluster_role
from tests.cluster.refusal import refusal
from tests.testbed.cluster import write_kubeconfig
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import install_crds, install_service_account


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
    assert "Cannot reach the API server at https://127.0.0.1:1" in refusal(nowhere, tmp_path)


def test_with_a_token_that_is_not_known_it_says_so(control_plane: ControlPlane, tmp_path: Path) -> None:
    made_up = "nobody has this token"
    unknown = kubeconfig_like(control_plane, tmp_path / "config", token=made_up)
    assert "does not accept our credentials" in refusal(unknown, tmp_path)


def test_without_permission_it_says_which_is_missing(served: ControlPlane, tmp_path: Path) -> None:
    but_secrets = [rule for rule in cluster_role()["rules"] if rule["resources"] != ["secrets"]]
    line = refusal(install_service_account(served.cluster, but_secrets), tmp_path)
    assert "No permission to list secrets" in line
    assert "system:serviceaccount:nats-system:nats-operator" in line


def test_without_permission_to_look_at_the_lease_it_says_so(served: ControlPlane, tmp_path: Path) -> None:
    kubeconfig = install_service_account(served.cluster)
    line = refusal(kubeconfig, tmp_path, "--leader-elect", "--leader-election-namespace=default")
    assert "No permission to get leases in namespace default" in line
    assert "system:serviceaccount:nats-system:nats-operator" in line
