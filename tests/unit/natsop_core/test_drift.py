"""When an object is left alone, and which request puts it right otherwise."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from natsop_core.drift import ApplyRequest, is_as_applied, is_reported, next_request, stamped
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import Controller, LiveObject, reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION, FIELD_MANAGER
from natsop_core.outcomes import Taken, Unchanged
from tests.unit.natsop_core.world import UID, applied, box, cluster, cluster_object, inputs, jetstream, plan_of

Object = dict[str, Any]

OTHER: Final = Controller("apps/v1", "Deployment", "other", "uid-of-another")


def planned() -> list[Object]:
    """Every object of a trio with JetStream and of its box."""
    trio, its_box = cluster({"replicas": 3, **jetstream()}), box({"clusterRef": {"name": "c"}})
    objects = [*plan_of(trio, inputs(trio)).apply, *plan_of(its_box, inputs(its_box, cluster_object())).apply]
    assert len(objects) == 7
    return objects


PLANNED: Final = planned()
[CONFIG_MAP] = [each for each in PLANNED if each["kind"] == "ConfigMap"]


def seen(manifest: Object) -> LiveObject:
    """What is kept of the object after an apply, while nobody else has touched it."""
    return reduce_metadata(applied(manifest)["metadata"])


def owning(live: LiveObject, fields: Object) -> LiveObject:
    return replace(live, owned_fields=json.dumps(fields))


def paths(fields: Object, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, below in fields.items():
        yield (*at, key)
        yield from paths(below, (*at, key))


def without(fields: Object, path: tuple[str, ...]) -> Object:
    left = copy.deepcopy(fields)
    node = left
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return left


def identified(manifest: Object) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


@pytest.mark.parametrize("manifest", PLANNED, ids=identified)
def test_an_object_that_nobody_touched_is_left_alone(manifest: Object) -> None:
    assert next_request(manifest, seen(manifest)) == Unchanged()


@pytest.mark.parametrize("manifest", PLANNED, ids=identified)
def test_an_object_is_applied_again_when_any_one_field_of_it_is_not_ours_any_more(manifest: Object) -> None:
    live, fields = seen(manifest), field_set(manifest)

    overlooked = [path for path in paths(fields) if is_as_applied(manifest, owning(live, without(fields, path)))]

    assert not overlooked


@pytest.mark.parametrize("manifest", PLANNED, ids=identified)
def test_an_object_is_applied_again_when_its_managed_fields_were_cleared(manifest: Object) -> None:
    assert isinstance(next_request(manifest, replace(seen(manifest), owned_fields="")), ApplyRequest)


def test_an_object_is_applied_again_when_something_else_is_wanted_of_it() -> None:
    wanted = stamped({**CONFIG_MAP, "data": {"nats.conf": "port: 1"}})

    request = next_request(wanted, seen(CONFIG_MAP))

    assert isinstance(request, ApplyRequest)
    assert request.body["data"] == {"nats.conf": "port: 1"}


def test_an_apply_to_an_object_of_ours_is_forced_and_meant_for_that_very_object() -> None:
    live = replace(seen(CONFIG_MAP), applied="something else")

    request = next_request(CONFIG_MAP, live)

    assert isinstance(request, ApplyRequest)
    assert request.force
    assert request.body["metadata"]["uid"] == live.uid
    assert "resourceVersion" not in request.body["metadata"]


def test_an_apply_of_an_absent_object_can_only_create_it() -> None:
    request = next_request(CONFIG_MAP, None)

    assert isinstance(request, ApplyRequest)
    assert not request.force
    assert request.body["metadata"]["resourceVersion"] == "1"
    assert "uid" not in request.body["metadata"]


@pytest.mark.parametrize("controller", [OTHER, replace(OTHER, kind="NatsCluster", name="c")])
def test_an_object_that_somebody_else_controls_is_taken_whatever_else_it_looks_like(controller: Controller) -> None:
    """Also one with our labels, our annotation and our managedFields."""
    assert next_request(CONFIG_MAP, replace(seen(CONFIG_MAP), controller=controller)) == Taken(controller)


def test_what_others_own_beside_ours_makes_no_difference() -> None:
    live, fields = seen(CONFIG_MAP), field_set(CONFIG_MAP)

    more = owning(live, {**fields, "f:binaryData": {"f:theirs": {}}})

    assert next_request(CONFIG_MAP, more) == Unchanged()


def test_the_stamp_is_one_annotation_beside_the_others() -> None:
    plain = {"kind": "ConfigMap", "metadata": {"name": "c", "annotations": {"mine": "too"}}}

    metadata = stamped(plain)["metadata"]

    assert metadata["annotations"].keys() == {"mine", APPLIED_ANNOTATION}
    assert plain["metadata"] == {"name": "c", "annotations": {"mine": "too"}}


def test_the_stamp_is_the_same_whatever_the_order_of_the_fields_and_another_for_any_change() -> None:
    def stamp(manifest: Object) -> str:
        annotation: str = stamped(manifest)["metadata"]["annotations"][APPLIED_ANNOTATION]
        return annotation

    one = {"metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}}
    same = {"data": {"b": "2", "a": "1"}, "metadata": {"name": "c"}}
    other = {"metadata": {"name": "c"}, "data": {"a": "1", "b": "3"}}

    assert stamp(one) == stamp(same)
    assert stamp(one) != stamp(other)


def test_a_request_does_not_show_what_it_carries() -> None:
    secret = stamped(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"password": "aHVudGVyMg=="}}
    )

    assert "aHVudGVyMg" not in repr(next_request(secret, None))


def test_every_object_of_a_plan_names_the_custom_resource_as_its_controller() -> None:
    for manifest in PLANNED:
        live = seen(manifest)
        assert live.controller is not None
        assert live.controller.uid == UID


def test_a_status_is_reported_until_something_of_ours_in_it_changes() -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Available", "status": "True"}]
    status = {"replicas": 3, "conditions": conditions}
    owned: Object = {"f:replicas": {}, "f:conditions": {'k:{"type":"Ready"}': {}, 'k:{"type":"Available"}': {}}}
    entry = {"manager": FIELD_MANAGER, "subresource": "status", "fieldsV1": {"f:status": owned}}
    others = {"type": "Theirs", "status": "True"}
    live = {"metadata": {"managedFields": [entry]}, "status": {"replicas": 3, "conditions": [*conditions, others]}}

    assert is_reported(status, live)
    assert not is_reported(status | {"replicas": 2}, live)
    assert not is_reported({"replicas": 3, "conditions": conditions[:1]}, live), "a condition of ours is left over"
    assert not is_reported({"conditions": conditions}, live), "a field of ours is left over"
