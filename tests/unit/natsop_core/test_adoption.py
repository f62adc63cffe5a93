"""Orphans: an object without a controller is taken back when it was made for this custom resource, and only then."""

from __future__ import annotations

from typing import Any, Final

import pytest

from natsop_core import names
from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.drift import ApplyRequest, next_request
from natsop_core.live import FormerOwner, LiveObject, is_ours, reduce_metadata
from natsop_core.lookup import Lookup
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Applied, Outcomes, Taken
from natsop_core.plan import key_of
from natsop_core.report import Event
from natsop_core.resolve.existing import read_existing
from natsop_core.resolve.images import SERVER
from natsop_core.resolve.owner import owner_of
from tests.unit.natsop_core.world import (
    applied,
    box,
    cluster,
    cluster_object,
    conditions,
    inputs,
    one_of,
    plan_of,
    settled_status,
)

Object = dict[str, Any]

CLUSTER: Final = cluster({"replicas": 3})
BOX: Final = box({"clusterRef": {"name": "c"}}, name="c")
BESIDE_BOX: Final = inputs(BOX, cluster_object())
OF_CLUSTER: Final = plan_of(CLUSTER, inputs(CLUSTER)).apply
OF_BOX: Final = plan_of(BOX, BESIDE_BOX).apply
PLANNED: Final = (*OF_CLUSTER, *OF_BOX)
[SERVERS] = [each for each in PLANNED if each["kind"] == "StatefulSet"]


def orphan(manifest: Object, **changes: Any) -> Object:
    """The object after `kubectl delete --cascade=orphan` of its custom resource, with these changes of its metadata."""
    found = applied(manifest)
    del found["metadata"]["ownerReferences"]
    return {**found, "metadata": {**found["metadata"], **changes}}


def restored(manifest: Object) -> Object:
    """The object as a restore makes it anew: without its owner, under a new UID, with managedFields of another."""
    theirs = {"manager": "velero-server", "operation": "Update", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {}}}
    return orphan(manifest, uid="uid-of-the-restored", managedFields=[theirs])


def seen(obj: Object) -> LiveObject:
    return reduce_metadata(obj["metadata"])


def identified(manifest: Object) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


@pytest.mark.parametrize("manifest", PLANNED, ids=identified)
@pytest.mark.parametrize("left", [orphan, restored])
def test_an_orphan_of_ours_is_taken_back_by_force_as_that_very_object(manifest: Object, left: Any) -> None:
    live = seen(left(manifest))

    request = next_request(manifest, live)

    assert isinstance(request, ApplyRequest)
    assert request.adopts
    assert request.force
    assert request.body["metadata"]["uid"] == live.uid
    assert request.body["metadata"]["ownerReferences"][0]["controller"]


def test_what_we_control_is_not_adopted_but_put_back() -> None:
    request = next_request(SERVERS, seen(applied({**SERVERS, "metadata": {**SERVERS["metadata"], "annotations": {}}})))
    assert isinstance(request, ApplyRequest)
    assert not request.adopts


@pytest.mark.parametrize("label", sorted(names.cluster_labels("c")))
@pytest.mark.parametrize("value", ["other", None])
def test_without_each_of_our_labels_it_is_a_stranger_s(label: str, value: str | None) -> None:
    labels = {**SERVERS["metadata"]["labels"], label: value}
    found = orphan(SERVERS, labels={name: each for name, each in labels.items() if each is not None})
    assert next_request(SERVERS, seen(found)) == Taken(None)


@pytest.mark.parametrize(
    ("left", "is_trace"),
    [
        ({}, True),
        ({"managedFields": []}, True),
        ({"annotations": {}}, True),
        ({"annotations": {}, "managedFields": []}, False),
        ({"annotations": {APPLIED_ANNOTATION: ""}, "managedFields": []}, False),
        ({"annotations": {"mine": "x"}, "managedFields": [{"manager": "nats-operator", "operation": "Update"}]}, False),
    ],
    ids=["both", "annotation", "managedFields", "neither", "empty annotation", "what the Go program wrote"],
)
def test_without_our_trace_it_is_a_stranger_s_whatever_its_labels(left: Object, *, is_trace: bool) -> None:
    request = next_request(SERVERS, seen(orphan(SERVERS, **left)))
    assert isinstance(request, ApplyRequest) if is_trace else request == Taken(None)


def test_a_status_that_we_wrote_is_no_trace() -> None:
    entry = {"manager": "nats-operator", "operation": "Apply", "subresource": "status", "fieldsV1": {}}
    assert next_request(SERVERS, seen(orphan(SERVERS, annotations={}, managedFields=[entry]))) == Taken(None)


def test_an_owner_that_is_no_controller_does_not_stand_in_the_way() -> None:
    owners = [{**SERVERS["metadata"]["ownerReferences"][0], "controller": False}]
    request = next_request(SERVERS, seen(orphan(SERVERS, ownerReferences=owners)))
    assert isinstance(request, ApplyRequest)


def test_an_orphan_of_a_box_is_not_the_cluster_s_of_that_name_nor_the_other_way_round() -> None:
    of_box = seen(orphan(one_of(PLANNED, "Deployment")))
    of_cluster = seen(orphan(SERVERS))
    its_cluster, its_box = owner_of(CLUSTER.metadata, names.CLUSTER_KIND), owner_of(BOX.metadata, names.BOX_KIND)
    assert (is_ours(of_box, its_box), is_ours(of_box, its_cluster)) == (True, False)
    assert (is_ours(of_cluster, its_box), is_ours(of_cluster, its_cluster)) == (False, True)


def test_of_an_orphan_only_whose_it_was_is_kept_and_of_others_nothing() -> None:
    ours, theirs = seen(orphan(SERVERS)), seen(orphan(SERVERS, annotations={}, managedFields=[]))
    assert (ours.former_owner, ours.applied, ours.owned_fields) == (FormerOwner("NatsCluster", "c"), "", "")
    assert (theirs.former_owner, theirs.applied, theirs.owned_fields) == (None, "", "")
    assert seen(applied(SERVERS)).former_owner is None


def test_the_live_servers_are_the_cluster_s_while_they_are_orphans() -> None:
    left = orphan(SERVERS) | {"status": settled_status(3)}
    beside = inputs(CLUSTER, left)
    committed = read_existing(CLUSTER, Lookup(beside)).committed
    assert committed.has_servers
    assert committed.server_tag == SERVER.tag
    report = conclude_cluster(CLUSTER, beside, plan_of(CLUSTER, beside), {})
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")


def test_one_event_names_all_that_was_adopted() -> None:
    adopted: Outcomes = {key_of(each): Applied(adopted=each["kind"] != "Service") for each in OF_CLUSTER}
    events = conclude_cluster(CLUSTER, inputs(CLUSTER), plan_of(CLUSTER, inputs(CLUSTER)), adopted).events
    [event] = [each for each in events if each.reason == "Adopted"]
    assert event == Event(
        "Normal",
        "Adopted",
        "The operator created these objects for an earlier NatsCluster of this name, and manages them again:"
        " ConfigMap c-config, PodDisruptionBudget c-pdb, StatefulSet c.",
        is_passing=True,
    )


def test_a_box_tells_of_its_adopted_objects_too() -> None:
    events = conclude_box(
        BOX, BESIDE_BOX, plan_of(BOX, BESIDE_BOX), {key_of(each): Applied(adopted=True) for each in OF_BOX}
    ).events
    assert "Adopted" in {each.reason for each in events}


def test_what_was_created_or_put_back_is_no_adoption() -> None:
    applied_only: Outcomes = {key_of(each): Applied() for each in PLANNED}
    events = conclude_cluster(CLUSTER, inputs(CLUSTER), plan_of(CLUSTER, inputs(CLUSTER)), applied_only).events
    assert "Adopted" not in {each.reason for each in events}
