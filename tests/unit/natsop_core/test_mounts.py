"""What pods refer to, and the order that follows from it: nothing starts before what it needs is there."""

from __future__ import annotations

import pytest

from natsop_core.kinds import CONFIG_MAPS, DEPLOYMENTS, SECRETS, SERVICE_ACCOUNTS, STATEFUL_SETS
from natsop_core.mounts import referred_to_by
from natsop_core.plan import key_of
from natsop_core.references import ObjectKey
from tests.unit.natsop_core.world import (
    Object,
    box,
    cluster,
    cluster_object,
    config_map,
    inputs,
    live_children,
    one_of,
    plan_of,
    pod,
    secret,
)

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


# What is not wanted any more, while pods still use it

OWN = {"configMap": {"existingName": "own"}}
ACCOUNT = {"serviceAccount": {"enabled": True}}
FILE = config_map("own", **{"nats.conf": "port: 4222"})
USED: list[tuple[Object, Object, Object, ObjectKey]] = [
    ({}, OWN, FILE, CONFIG_MAPS.key("prod", "c-config")),
    (ACCOUNT, {}, FILE, SERVICE_ACCOUNTS.key("prod", "c-sa")),
]


def servers_of(children: list[Object], count: int) -> list[Object]:
    """Pods of the StatefulSet as it is among these."""
    template = one_of(children, "StatefulSet")["spec"]["template"]
    return [{**pod(f"c-{ordinal}"), "spec": template["spec"]} for ordinal in range(count)]


@pytest.mark.parametrize(("before", "after", "beside", "key"), USED, ids=["configuration", "service account"])
def test_what_pods_use_is_pruned_once_none_of_an_older_revision_is_left(
    before: Object, after: Object, beside: Object, key: ObjectKey
) -> None:
    wanted = cluster({**after, "replicas": 3})
    old, new = live_children(cluster({**before, "replicas": 3})), live_children(wanted, beside)
    left = [each for each in old if key_of(each) == key]

    def plan(children: list[Object], pods: list[Object]) -> tuple[bool, bool]:
        """Whether it is kept, and whether it is pruned."""
        found = plan_of(wanted, inputs(wanted, beside, *children, *pods))
        return key in found.keep, key in {child.key for child in found.prune}

    assert plan(old, servers_of(old, 3)) == (True, False)
    assert plan(old, []) == (True, False), "its StatefulSet would make pods that use it"
    assert plan([*new, *left], [servers_of(old, 1)[0], *servers_of(new, 3)[1:]]) == (True, False)
    assert plan([*new, *left], servers_of(new, 3)) == (False, True)


def test_what_no_pod_can_use_is_pruned_at_once() -> None:
    wanted = cluster({"replicas": 3, "podDisruptionBudget": {"enabled": False}})
    old = live_children(cluster({"replicas": 3}))
    found = plan_of(wanted, inputs(wanted, *old, *servers_of(old, 3)))
    assert [child.key.kind for child in found.prune] == ["PodDisruptionBudget"]
