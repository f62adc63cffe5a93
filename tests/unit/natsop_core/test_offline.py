"""Rendering without an API server, and what a person may read of values that hold secrets."""

from __future__ import annotations

from natsop_core.inputs import Inputs
from natsop_core.lookup import Lookup
from natsop_core.offline import inputs_at_hand, render
from natsop_core.plan import Plan
from natsop_core.references import ObjectKey, ObjectRef
from tests.unit.natsop_core.world import NOW, box, cluster, cluster_object, inputs, one_of, plan_of

SECRET = "hunter2"  # noqa: S105 (that is the point)


def test_a_cluster_needs_nothing_else() -> None:
    rendered = render(cluster(uid=""), inputs_at_hand([], NOW))
    assert rendered.objects
    assert not any("ownerReferences" in manifest["metadata"] for manifest in rendered.objects), (
        "there is no UID to name yet"
    )


def test_a_box_finds_its_cluster_among_the_files() -> None:
    at_hand = inputs_at_hand([cluster_object()], NOW)
    rendered = render(box({"clusterRef": {"name": "c"}}), at_hand)
    assert rendered.objects
    assert one_of(rendered.objects, "Secret")["metadata"]["name"] == "b-contexts"


def test_a_box_whose_cluster_is_not_there_says_what_it_lacks() -> None:
    rendered = render(box({"clusterRef": {"name": "d"}}), inputs_at_hand([cluster_object()], NOW))
    assert rendered.objects is None
    [finding] = rendered.findings
    assert (finding.reason, "NatsCluster d in namespace prod" in finding.message) == ("ClusterNotFound", True)


def test_objects_without_a_namespace_are_in_default() -> None:
    obj = cluster_object()
    del obj["metadata"]["namespace"]
    key = ObjectKey("nats.crewlet.cloud/v1alpha1", "NatsCluster", "default", "c")
    assert Lookup(inputs_at_hand([obj], NOW)).object(key) == obj


def test_any_object_can_be_at_hand() -> None:
    assert inputs_at_hand([{}, {"metadata": None}, {"kind": 5, "metadata": {"name": 5}}], NOW).found


def test_inputs_show_what_was_found_but_not_its_content() -> None:
    key = ObjectKey("v1", "Secret", "prod", "s")
    shown = repr(Inputs(NOW, {ObjectRef(key): {"data": {"password": SECRET}}}))
    assert SECRET not in shown
    assert "name='s'" in shown


def test_a_plan_shows_no_content_either() -> None:
    cr = box({"clusterRef": {"name": "c"}})
    plan = plan_of(cr, inputs(cr, cluster_object()))
    assert "data" not in repr(plan)
    assert SECRET not in repr(Plan(apply=({"kind": "Secret", "data": {"password": SECRET}},)))
