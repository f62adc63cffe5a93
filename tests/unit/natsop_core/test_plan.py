"""What is done with the children: applied in an order, kept, or pruned."""

from __future__ import annotations

import pytest

from natsop_core.api.read import read_box, read_cluster
from natsop_core.drift import stamped
from natsop_core.plan import Plan
from natsop_core.references import ObjectKey
from tests.unit.natsop_core.world import (
    Object,
    box,
    box_object,
    cluster,
    cluster_object,
    inputs,
    jetstream,
    live_children,
    one_of,
    plan_of,
)

TRIO = cluster({"replicas": 3, **jetstream()})


def called(keys: tuple[ObjectKey, ...]) -> list[str]:
    return [f"{key.kind}/{key.name}" for key in keys]


def pruned(plan: Plan) -> list[str]:
    return called(tuple(child.key for child in plan.prune))


def test_what_a_pod_mounts_or_is_found_by_is_applied_before_it() -> None:
    assert called(plan_of(TRIO, inputs(TRIO)).targets) == [
        "ConfigMap/c-config",
        "Service/c-headless",
        "Service/c",
        "PodDisruptionBudget/c-pdb",
        "StatefulSet/c",
    ]


def test_a_box_s_contexts_are_applied_before_its_deployment() -> None:
    cr = box()
    assert called(plan_of(cr, inputs(cr)).targets) == ["Secret/b-contexts", "Deployment/b"]


def test_every_manifest_says_what_was_applied() -> None:
    for manifest in plan_of(TRIO, inputs(TRIO)).apply:
        annotations = {key: text for key, text in manifest["metadata"]["annotations"].items() if "applied" not in key}
        metadata = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
        bare = {**manifest, "metadata": metadata | ({"annotations": annotations} if annotations else {})}
        assert stamped(bare)["metadata"]["annotations"] == manifest["metadata"]["annotations"]


def test_a_child_that_is_no_longer_wanted_is_pruned_and_no_other() -> None:
    children = live_children(TRIO)
    smaller = cluster({"replicas": 3, "podDisruptionBudget": {"enabled": False}, **jetstream()})
    plan = plan_of(smaller, inputs(smaller, *children))
    assert pruned(plan) == ["PodDisruptionBudget/c-pdb"]
    assert plan.keep == ()


def test_a_stranger_s_object_is_never_pruned() -> None:
    budget = one_of(live_children(TRIO), "PodDisruptionBudget")
    budget["metadata"]["ownerReferences"][0]["uid"] = "another"
    lone = cluster()
    assert plan_of(lone, inputs(lone, budget)).prune == ()


@pytest.mark.parametrize(
    "obj",
    [
        cluster_object({"replicas": 0}),
        cluster_object({"replicas": 3}, deletionTimestamp="2026-01-02T03:04:05Z"),
        cluster_object({"replicas": 0}, deletionTimestamp="2026-01-02T03:04:05Z"),
    ],
    ids=["invalid", "being deleted", "both"],
)
def test_the_children_of_such_a_cluster_stay_exactly_as_they_are(obj: Object) -> None:
    children = live_children(TRIO)
    cr = read_cluster(obj)
    plan = plan_of(cr, inputs(cr, *children))
    assert (plan.apply, plan.prune) == ((), ())
    assert sorted(called(plan.keep)) == sorted(called(plan_of(TRIO, inputs(TRIO)).targets))


@pytest.mark.parametrize(
    ("obj", "others"),
    [
        (box_object({"replicas": -1}), [cluster_object()]),
        (box_object({"clusterRef": {"name": "c"}}, deletionTimestamp="2026-01-02T03:04:05Z"), [cluster_object()]),
        (box_object({"clusterRef": {"name": "c"}}), []),
        (box_object({"clusterRef": {"name": "c"}}), [cluster_object({"replicas": 0})]),
        (box_object({"clusterRef": {}}), [cluster_object()]),
    ],
    ids=["invalid", "being deleted", "without its cluster", "with an invalid cluster", "naming none"],
)
def test_the_children_of_such_a_box_stay_exactly_as_they_are(obj: Object, others: list[Object]) -> None:
    children = live_children(box())
    cr = read_box(obj)
    plan = plan_of(cr, inputs(cr, *children, *others))
    assert (plan.apply, plan.prune) == ((), ())
    assert sorted(called(plan.keep)) == ["Deployment/b", "Secret/b-contexts"]
