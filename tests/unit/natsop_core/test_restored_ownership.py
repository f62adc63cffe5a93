"""Objects that were restored without managedFields: which fields become ours, and which stay with whoever has them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from natsop_core import names
from natsop_core.drift import ApplyRequest, next_request
from natsop_core.kubernetes.field_set import field_set, paths_beyond
from natsop_core.live import reduce_metadata
from natsop_core.ownership import Refill, TakeOwnership, reclaim
from tests.unit.natsop_core.world import applied, cluster, inputs, jetstream, one_of, plan_of

Object = dict[str, Any]

CLUSTER: Final = cluster({"replicas": 3, **jetstream()})
PLANNED: Final = plan_of(CLUSTER, inputs(CLUSTER)).apply
SERVERS: Final = one_of(PLANNED, "StatefulSet")
SERVICE: Final = one_of(PLANNED, "Service", "c")
BUDGET: Final = one_of(PLANNED, "PodDisruptionBudget")

STATUS: Final[Object] = {
    "manager": "kube-controller-manager",
    "operation": "Update",
    "subresource": "status",
    "fieldsV1": {"f:status": {"f:replicas": {}}},
}
SNAPSHOTS: Final = Path(__file__).parents[3] / "snapshots"
POD: Final = ("f:spec", "f:template", "f:spec")
SERVER: Final = (*POD, "f:containers", 'k:{"name":"nats"}')


def restored(manifest: Object, **spec: Any) -> Object:
    """The object as a restore makes it anew, with this spec if any: its creator owns all of it."""
    content = {**manifest, "spec": spec} if spec else manifest
    entry = {"manager": "velero-server", "operation": "Update", "apiVersion": manifest["apiVersion"]}
    theirs = {**entry, "fieldsType": "FieldsV1", "fieldsV1": field_set(content)}
    live = applied(content)
    return {**live, "metadata": {**live["metadata"], "managedFields": [theirs, STATUS]}}


def body_for(manifest: Object, live: Object) -> Object:
    return {**manifest, "metadata": {**manifest["metadata"], "uid": live["metadata"]["uid"]}}


def entries_after(manifest: Object, live: Object) -> list[Object]:
    step = reclaim(body_for(manifest, live), live)
    assert isinstance(step, TakeOwnership)
    assert step.patch[1] == {
        "op": "replace",
        "path": "/metadata/resourceVersion",
        "value": live["metadata"]["resourceVersion"],
    }
    entries: list[Object] = step.patch[0]["value"]
    return entries


def owned_by(entries: list[Object], manager: str) -> Object:
    return next((each["fieldsV1"] for each in entries if each["manager"] == manager), {})


def has(fields: Object, *path: str) -> bool:
    for key in path:
        if key not in fields:
            return False
        fields = fields[key]
    return True


def with_pod(manifest: Object, **lists: list[Object]) -> Object:
    """The spec of the StatefulSet with more items in these lists of its pod, or of its server if they are there."""
    spec: Object = copy.deepcopy(manifest["spec"])
    pod = spec["template"]["spec"]
    [server] = [each for each in pod["containers"] if each["name"] == "nats"]
    for name, items in lists.items():
        place = server if name in server else pod
        place[name] = [*place.get(name, ()), *items]
    return spec


@pytest.mark.parametrize(
    ("metadata", "is_restored"),
    [
        ({}, False),
        ({"managedFields": []}, True),
        ({"managedFields": [{"manager": "velero-server", "operation": "Update", "fieldsV1": {}}]}, True),
        ({"managedFields": [{"manager": "nats-operator", "operation": "Update", "fieldsV1": {}}]}, True),
        ({"managedFields": [], "annotations": {}}, False),
        ({"managedFields": [], "ownerReferences": []}, True),
        ({"ownerReferences": []}, False),
    ],
    ids=["as applied", "cleared", "by another", "an update", "not our object", "cleared orphan", "orphan"],
)
def test_what_has_our_annotation_and_no_apply_of_ours_is_reclaimed(metadata: Object, *, is_restored: bool) -> None:
    found = applied(SERVERS)
    live = reduce_metadata({**found["metadata"], **metadata})
    request = next_request({**SERVERS, "spec": {**SERVERS["spec"], "replicas": 5}}, live)
    assert live.is_restored == is_restored
    assert not isinstance(request, ApplyRequest) or request.reclaims == is_restored


@pytest.mark.parametrize("manifest", PLANNED, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_all_that_the_manifest_has_becomes_ours(manifest: Object) -> None:
    entries = entries_after(manifest, restored(manifest))
    assert not [*paths_beyond(field_set(manifest), owned_by(entries, "nats-operator"))]
    assert [each["manager"] for each in entries] == ["nats-operator", "kube-controller-manager"]
    assert entries[1] == STATUS
    assert {key: entries[0][key] for key in ("operation", "apiVersion", "fieldsType")} == {
        "operation": "Apply",
        "apiVersion": manifest["apiVersion"],
        "fieldsType": "FieldsV1",
    }


ADDED: Final[dict[str, tuple[Object, tuple[str, ...]]]] = {
    "container": (
        {"containers": [{"name": "theirs", "image": "x", "ports": [{"name": "nats", "containerPort": 1}]}]},
        (*POD, "f:containers", 'k:{"name":"theirs"}', "f:ports", 'k:{"containerPort":1,"protocol":"TCP"}'),
    ),
    "variable": ({"env": [{"name": "THEIRS", "value": "x"}]}, (*SERVER, "f:env", 'k:{"name":"THEIRS"}', "f:value")),
    "volume": ({"volumes": [{"name": "theirs", "emptyDir": {}}]}, (*POD, "f:volumes", 'k:{"name":"theirs"}')),
    "mount": (
        {"volumeMounts": [{"name": "theirs", "mountPath": "/theirs"}]},
        (*SERVER, "f:volumeMounts", 'k:{"mountPath":"/theirs"}', "f:name"),
    ),
    "init container": (
        {"initContainers": [{"name": "theirs", "image": "x"}]},
        (*POD, "f:initContainers", 'k:{"name":"theirs"}', "f:image"),
    ),
}


@pytest.mark.parametrize("name", ADDED)
def test_what_others_added_stays_theirs(name: str) -> None:
    lists, path = ADDED[name]
    entries = entries_after(SERVERS, restored(SERVERS, **with_pod(SERVERS, **lists)))
    assert has(owned_by(entries, "velero-server"), *path)
    assert not has(owned_by(entries, "nats-operator"), *path)


def test_labels_and_annotations_of_others_and_settings_that_are_not_ours_stay_theirs() -> None:
    live = restored(SERVERS)
    fields = live["metadata"]["managedFields"][0]["fieldsV1"]
    theirs: list[tuple[str, ...]] = [
        ("f:metadata", "f:labels", "f:velero.io/restore-name"),
        ("f:metadata", "f:annotations", "f:theirs"),
        ("f:metadata", "f:ownerReferences", 'k:{"uid":"another"}'),
        ("f:spec", "f:template", "f:metadata", "f:annotations", "f:kubectl.kubernetes.io/restartedAt"),
        ("f:spec", "f:revisionHistoryLimit"),
        (*POD, "f:dnsPolicy"),
        (*SERVER, "f:resources", "f:limits", "f:memory"),
    ]
    for path in theirs:
        place = fields
        for key in path:
            place = place.setdefault(key, {})
    entries = entries_after(SERVERS, live)
    for path in theirs:
        assert has(owned_by(entries, "velero-server"), *path), path
        assert not has(owned_by(entries, "nats-operator"), *path), path


FORMER: Final[dict[str, tuple[Object, tuple[str, ...]]]] = {
    "container": ({"containers": [{"name": "metrics", "image": "x"}]}, (*POD, "f:containers", 'k:{"name":"metrics"}')),
    "volume": ({"volumes": [{"name": "auth", "secret": {}}]}, (*POD, "f:volumes", 'k:{"name":"auth"}', "f:secret")),
    "mount": (
        {"volumeMounts": [{"name": "tls-cluster", "mountPath": "/etc/x"}]},
        (*SERVER, "f:volumeMounts", 'k:{"mountPath":"/etc/x"}', "f:name"),
    ),
    "port": (
        {"ports": [{"name": "leafnodes", "containerPort": 7422, "protocol": "TCP"}]},
        (*SERVER, "f:ports", 'k:{"containerPort":7422,"protocol":"TCP"}', "f:protocol"),
    ),
}


@pytest.mark.parametrize("name", FORMER)
def test_an_item_of_an_earlier_manifest_becomes_ours_by_its_name(name: str) -> None:
    lists, path = FORMER[name]
    entries = entries_after(SERVERS, restored(SERVERS, **with_pod(SERVERS, **lists)))
    assert has(owned_by(entries, "nats-operator"), *path)
    assert not has(owned_by(entries, "velero-server"), *path)


def test_defaults_go_with_our_items_which_could_not_be_removed_otherwise() -> None:
    ports = [{**each, "nodePort": 30_000 + number} for number, each in enumerate(SERVICE["spec"]["ports"])]
    theirs = {"name": "theirs", "port": 9000, "protocol": "TCP", "nodePort": 30_100}
    entries = entries_after(SERVICE, restored(SERVICE, **{**SERVICE["spec"], "ports": [*ports, theirs]}))
    path = ("f:spec", "f:ports", 'k:{"port":4222,"protocol":"TCP"}', "f:nodePort")
    assert has(owned_by(entries, "nats-operator"), *path)
    assert [*owned_by(entries, "velero-server")["f:spec"]["f:ports"]] == ['k:{"port":9000,"protocol":"TCP"}']


def test_an_object_that_took_the_name_of_the_one_that_was_meant_is_left_alone() -> None:
    live = restored(BUDGET)
    assert reclaim({**BUDGET, "metadata": {**BUDGET["metadata"], "uid": "another"}}, live) is None


def test_where_managed_fields_were_cleared_they_are_filled_again_first_and_then_ours_grow() -> None:
    live = restored(BUDGET)
    body = body_for(BUDGET, live)
    theirs = live["metadata"]["managedFields"][0]
    cleared = {**live, "metadata": {key: value for key, value in live["metadata"].items() if key != "managedFields"}}

    refill = reclaim(body, cleared)

    assert isinstance(refill, Refill)
    assert refill.body == {part: body[part] for part in ("apiVersion", "kind", "metadata")}
    ours = {"manager": "nats-operator", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:old": {}}}}}
    refilled = {**live, "metadata": {**live["metadata"], "managedFields": [ours, theirs]}}
    [entry] = entries_after(BUDGET, refilled)
    assert has(entry["fieldsV1"], "f:metadata", "f:labels", "f:old")
    assert has(entry["fieldsV1"], "f:spec", "f:maxUnavailable")


def test_nothing_is_taken_from_managers_that_have_nothing_of_ours() -> None:
    live = restored(BUDGET)
    other = {"manager": "x", "operation": "Update", "fieldsV1": {"f:metadata": {"f:annotations": {"f:theirs": {}}}}}
    live["metadata"]["managedFields"] = [other, STATUS]
    assert reclaim(body_for(BUDGET, live), live) is None


def named_items(pod: Object) -> Iterator[str]:
    for kind in ("containers", "initContainers", "volumes"):
        yield from (each["name"] for each in pod.get(kind, ()))
    for container in pod["containers"]:
        for kind in ("ports", "volumeMounts"):
            yield from (each["name"] for each in container.get(kind, ()))


def test_every_item_that_the_operator_names_is_known_by_its_name() -> None:
    yaml = YAML(typ="safe")
    found: set[str] = set()
    for path in SNAPSHOTS.glob("*/objects.yaml"):
        for each in yaml.load_all(path.read_text(encoding="utf-8")):
            spec = each.get("spec", {})
            if each["kind"] in {"StatefulSet", "Deployment"}:
                found.update(named_items(spec["template"]["spec"]))
            elif each["kind"] == "Service":
                found.update(port["name"] for port in spec["ports"])
    assert len(found) > 25
    assert {name for name in found if not names.is_ours_in_a_list(name)} == set()
