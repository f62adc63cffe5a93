"""Permissions that are taken away: the operator says what it lacks, does not insist, and goes on once it may again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from natsop_core.rbac import cluster_role
from tests.cluster.process.convergence import await_convergence
from tests.cluster.process.crowd import ROUTES, Crowd
from tests.cluster.reconciling.bad_inputs import secret
from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site, requests_within
from tests.testbed.audit import AuditEntry
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import NAMESPACE, SERVICE_ACCOUNT, USER, Operator, install_service_account
from tests.testbed.wait import wait_until

ROLE: Final = cluster_role()["metadata"]["name"]

LOOKED_AT: Final = 20
"""Seconds in which it may not insist."""

MOST_REQUESTS: Final = 15
"""In that time, for each of those who ask: watches and custom resources, with pauses of up to 30 and 60 seconds."""

WATCHES: Final = 13

BACK_WITHIN: Final = 150
"""Seconds; such a pause may end shortly before what it needs is there, so that another one follows."""

UNAUTHORIZED: Final = 401

FEW: Final = 5
SEED: Final = 1

pytestmark = pytest.mark.long


@pytest.fixture
def site(operated: Operator) -> Iterator[Site]:
    """The operator has all of its rights back afterwards, and has gone on for all that time."""
    pid = operated.pid
    yield new_site(operated, "rights")
    install_service_account(operated.cluster)
    assert operated.pid == pid, operated.log_tail()


def summary(asked: list[AuditEntry]) -> Counter[tuple[str, str, int]]:
    return Counter((each.verb, each.resource, each.code) for each in asked)


def log_since(operator: Operator, mark: int) -> str:
    return operator.log.read_bytes()[mark:].decode()


def test_without_any_right_it_says_so_waits_and_goes_on_where_it_was(site: Site, control_plane: ControlPlane) -> None:
    """Also over a restart of the API server, which ends the watches: an open one is not checked again."""
    crowd, operator, log = Crowd(site, SEED, FEW), site.operator, site.operator.log.stat().st_size
    crowd.gather()
    site.await_quiet()
    site.cluster.client.delete("ClusterRoleBinding", ROLE)
    crowd.change(20)
    control_plane.api_server.restart()

    asked = requests_within(operator, LOOKED_AT)

    assert len(asked) <= MOST_REQUESTS * (WATCHES + FEW), summary(asked)
    complaint = f'User "{USER}" cannot list resource "natsclusters"'
    wait_until(lambda: complaint in log_since(operator, log).replace("\\", ""), BACK_WITHIN, "it says what it lacks")
    crowd.change(10)
    crowd.gather()

    install_service_account(site.cluster)

    await_convergence(site, others=[("Secret", ROUTES)], timeout=BACK_WITHIN)


def test_without_the_right_to_secrets_only_what_needs_them_is_degraded(site: Site) -> None:
    site.client.create(secret(ROUTES, {"user": "u", "password": "p"}))
    routes = {"cluster": {"routeURLs": {"authSecretRef": {"name": ROUTES}}}}
    site.create(nats_cluster("plain", {"replicas": 3}), nats_cluster("secretive", {"replicas": 3, "config": routes}))
    site.await_condition("NatsCluster", "secretive", "Degraded", "False", timeout=BACK_WITHIN)
    grant(site.cluster, [rule for rule in cluster_role()["rules"] if "secrets" not in rule["resources"]])

    for name in ("plain", "secretive"):
        site.client.patch("NatsCluster", name, {"spec": {"config": {"nats": {"port": 4333}}}})
    site.client.create(nats_box("box", "plain"))

    site.await_condition("NatsCluster", "plain", "Degraded", "False")
    lacking = site.await_condition("NatsCluster", "secretive", "Degraded", "True", reason="SecretNotReadable")
    refused = site.await_condition("NatsBox", "box", "Degraded", "True", reason="ApplyRejected")
    for message in (lacking["message"], refused["message"]):
        assert 'cannot get resource "secrets"' in message or 'cannot patch resource "secrets"' in message
    asked = requests_within(site.operator, LOOKED_AT)
    assert len(asked) <= MOST_REQUESTS * 2, summary(asked)

    install_service_account(site.cluster)

    site.await_condition("NatsBox", "box", "Degraded", "False", timeout=BACK_WITHIN)
    site.await_condition("NatsCluster", "secretive", "Degraded", "False", timeout=BACK_WITHIN)
    assert "port: 4333" in site.client.get("ConfigMap", "secretive-config")["data"]["nats.conf"]


def grant(cluster: Cluster, rules: list[dict[str, Any]]) -> None:
    """Give the operator these rights and no others, and wait until they are in force."""
    install_service_account(cluster, rules)
    wait_until(lambda: not may_patch_secrets(cluster), SOON, "the rights are in force")


def may_patch_secrets(cluster: Cluster) -> bool:
    attributes = {"verb": "patch", "resource": "secrets", "namespace": "default"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": USER, "resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(cluster.client.request("POST", path, body=review)["status"]["allowed"])


@pytest.fixture
def token(operated: Operator, tmp_path: Path) -> Path:
    """A file for the operator's token, and a kubeconfig beside it that names the file."""
    given = json.loads(install_service_account(operated.cluster).read_text())
    file = tmp_path / "token"
    given["users"][0]["user"] = {"tokenFile": str(file)}
    (tmp_path / "kubeconfig").write_text(json.dumps(given))
    return file


def test_a_token_that_is_not_valid_any_more_is_read_anew(operated: Operator, token: Path) -> None:
    """As it is rotated in a pod: the kubelet writes another token into the file."""
    client = operated.cluster.client.in_namespace(NAMESPACE)
    for name in ("first", "second"):
        client.create(secret(name, {}))
    first = token_bound_to(operated.cluster, "first")
    token.write_text(first)
    operated.stop(grace=10)
    operator = Operator(operated.cluster, token.with_name("kubeconfig"))
    operator.start()
    try:
        operator.await_ready()
        site = new_site(operator, "token")
        site.create(nats_cluster("before"))
        client.delete("Secret", "first")
        wait_until(lambda: not is_valid(operated.cluster, first), SOON, "the token is not valid any more")
        site.client.create(nats_cluster("between"))
        asked = requests_within(operator, LOOKED_AT)
        assert UNAUTHORIZED in {each.code for each in asked}
        assert len(asked) <= 5 * MOST_REQUESTS, summary(
            asked
        )  # five of them a round, each sent again with the file read anew
        assert "status" not in site.client.get("NatsCluster", "between")

        token.write_text(token_bound_to(operated.cluster, "second"))

        wait_until(lambda: site.await_handled("NatsCluster", "between"), BACK_WITHIN, "it goes on")
        site.create(nats_cluster("after"))
    finally:
        operator.stop()
        operated.start()
        operated.await_ready()


def token_bound_to(cluster: Cluster, name: str) -> str:
    """A token of the operator's ServiceAccount, valid for as long as that Secret exists."""
    reference = {"apiVersion": "v1", "kind": "Secret", "name": name}
    request = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {"boundObjectRef": reference, "expirationSeconds": 3600},
    }
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{SERVICE_ACCOUNT}/token"
    return str(cluster.client.request("POST", path, body=request)["status"]["token"])


def is_valid(cluster: Cluster, token: str) -> bool:
    """Whether the API server takes the token; it remembers for ten seconds that it did."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    return bool(cluster.client.request("POST", path, body=review)["status"].get("authenticated"))
