"""Names as long as they can be: whatever is made of them is all there, whole, and Kubernetes can work with it.

Its own controllers put names into labels of pods, with suffixes, and labels end at 63 characters.
"""

from __future__ import annotations

import base64
import os
from typing import Final

import pytest

from tests import tokens
from tests.cluster.reconciling.bad_inputs import secret
from tests.cluster.site import SOON, Site, nats_box, nats_cluster
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

CLUSTER: Final = "c" * 52
BOX: Final = "b" * 63
ACCOUNT_NAME: Final = "a" * 63

OPERATOR: Final = tokens.operator()
ACCOUNT: Final = tokens.account()

JWTS: Final = secret(
    "jwts",
    {"operator": tokens.operator_jwt(OPERATOR), "account": tokens.account_jwt(ACCOUNT, OPERATOR)},
)

SPEC: Final[Manifest] = {
    "replicas": 3,
    "serviceAccount": {"enabled": True},
    "auth": {
        "jwt": {
            "operator": {"name": "jwts", "key": "operator"},
            "systemAccount": ACCOUNT.public_key,
            "accounts": [
                {"name": ACCOUNT_NAME, "publicKey": ACCOUNT.public_key, "jwt": {"name": "jwts", "key": "account"}}
            ],
        }
    },
    "config": {
        "jetstream": {"enabled": True},
        "cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}},
        "websocket": {"enabled": True, "ingress": {"enabled": True, "hosts": ["nats.example"]}},
    },
}

CHILDREN: Final = (
    ("ServiceAccount", "-sa"),
    ("Secret", "-auth"),
    ("Secret", "-routes"),
    ("ConfigMap", "-config"),
    ("Service", "-headless"),
    ("Service", ""),
    ("PodDisruptionBudget", "-pdb"),
    ("StatefulSet", ""),
    ("Ingress", "-ws-ingress"),
)


@pytest.fixture
def site(operated: Operator) -> Site:
    """In a namespace whose name is as long as can be, with what the cluster refers to."""
    name = f"{'n' * 54}-{os.urandom(4).hex()}"
    operated.cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    site = Site(operated, name)
    for each in (JWTS, secret("routes", {"user": "u", "password": "p"})):
        site.client.create(each)
    return site


def test_everything_is_there_by_its_whole_name(site: Site) -> None:
    site.create(nats_cluster(CLUSTER, SPEC), nats_box(BOX, CLUSTER))

    cluster, box = site.client.get("NatsCluster", CLUSTER), site.client.get("NatsBox", BOX)
    for kind, suffix in CHILDREN:
        site.await_child(kind, f"{CLUSTER}{suffix}", cluster)
    site.await_child("Secret", f"{BOX}-contexts", box)
    site.await_child("Deployment", BOX, box)
    site.await_condition("NatsCluster", CLUSTER, "Degraded", "False")
    site.await_condition("NatsBox", BOX, "Degraded", "False")
    await_pods(site, "StatefulSet", CLUSTER, 3)
    await_pods(site, "Deployment", BOX, 1)
    auth = site.client.get("Secret", f"{CLUSTER}-auth")["data"]
    assert ACCOUNT.public_key in base64.b64decode(auth["resolver_preload.conf"]).decode()


def await_pods(site: Site, kind: str, name: str, count: int) -> None:
    """Wait until the controllers have made the pods, with all labels that they give them."""

    def made() -> bool:
        status = site.client.get(kind, name)["status"]
        assert status.get("replicas") == count, (status, site.client.list("Event"))
        return True

    wait_until(made, SOON, f"{kind} {name} has {count} pods")


def test_a_box_with_the_name_of_what_kubernetes_keeps_in_every_namespace_is_a_box(site: Site) -> None:
    site.create(nats_cluster("c", {"tlsCA": {"configMap": {"name": "kube-root-ca.crt", "key": "ca.crt"}}}))
    site.create(nats_box("kube-root-ca.crt", "c"))

    site.await_condition("NatsCluster", "c", "Degraded", "False")
    site.await_condition("NatsBox", "kube-root-ca.crt", "Degraded", "False")
    await_pods(site, "Deployment", "kube-root-ca.crt", 1)
