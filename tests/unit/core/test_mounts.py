"""What pods refer to, and the order that follows from it: nothing starts before what it needs is there."""

from __future__ import annotations

import pytest

from natsop_core.kinds import CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICE_ACCOUNTS, STATEFUL_SETS
from natsop_core.mounts import referred_to_by
from tests.unit.core.world import Object, box, cluster, cluster_object, inputs, plan_of, secret

SERVERS = STATEFUL_SETS.key("prod", "c")


@pytest.mark.parametrize(
    "pod",
    [
        {"volumes": [{"name": "v", "secret": {"secretName": "x"}}]},
        {
            "volumes": [
                {"name": "v", "projected": {"sources": [{"configMap": {"name": "y"}}, {"secret": {"name": "x"}}]}}
            ]
        },
        {"containers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "x", "key": "k"}}}]}]},
        {"initContainers": [{"envFrom": [{"secretRef": {"name": "x"}}]}]},
    ],
    ids=["volume", "projected", "env", "envFrom"],
)
def test_every_way_to_refer_to_a_secret_counts(pod: Object) -> None:
    assert SECRETS.key("prod", "x") in referred_to_by(pod, "prod")


@pytest.mark.parametrize(
    "pod",
    [
        {"volumes": [{"name": "v", "configMap": {"name": "x"}}]},
        {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "x"}}]}}]},
        {"containers": [{"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k"}}}]}]},
        {"containers": [{"envFrom": [{"configMapRef": {"name": "x"}}]}]},
    ],
    ids=["volume", "projected", "env", "envFrom"],
)
def test_every_way_to_refer_to_a_config_map_counts(pod: Object) -> None:
    assert referred_to_by(pod, "prod") == {CONFIG_MAPS.key("prod", "x")}


def test_a_pod_refers_to_its_service_account_and_to_nothing_that_is_not_named() -> None:
    pod: Object = {
        "serviceAccountName": "x",
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "projected": {"sources": [{"downwardAPI": {}}]}}],
        "containers": [{"env": [{"name": "A", "value": "b"}, {"name": "P", "valueFrom": {"fieldRef": {}}}]}],
    }
    assert referred_to_by(pod, "prod") == {SERVICE_ACCOUNTS.key("prod", "x")}
    assert referred_to_by({}, "prod") == frozenset()


def test_servers_come_after_all_of_ours_that_their_pods_refer_to() -> None:
    spec = {
        "replicas": 3,
        "serviceAccount": {"enabled": True},
        "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}},
    }
    cr = cluster(spec)
    plan = plan_of(cr, inputs(cr, secret("routes", **dict.fromkeys(("user", "password"), "x"))))
    assert set(plan.after[SERVERS]) == {
        CONFIG_MAPS.key("prod", "c-config"),
        SECRETS.key("prod", "c-routes"),
        SERVICE_ACCOUNTS.key("prod", "c-sa"),
    }
    assert plan.after.keys() == {SERVERS}
    order = [*plan.targets]
    assert all(order.index(first) < order.index(SERVERS) for first in plan.after[SERVERS]), "and in the plan, too"


def test_a_box_comes_after_its_contexts() -> None:
    its_box = box({"clusterRef": {"name": "c"}})
    plan = plan_of(its_box, inputs(its_box, cluster_object()))
    assert plan.after == {DEPLOYMENTS.key("prod", "b"): (SECRETS.key("prod", "b-contexts"),)}
