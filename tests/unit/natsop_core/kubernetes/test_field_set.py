"""The field set of an apply, against what a real API server recorded."""

import json
from pathlib import Path
from typing import Any

import pytest

from natsop_core.kubernetes.field_set import field_set

REFERENCE = Path(__file__).parents[5] / "shared" / "reference" / "go-operator-objects"


def recorded_objects() -> list[Any]:
    if not REFERENCE.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason=f"{REFERENCE} is not here"))]
    return [
        pytest.param(item, id=f"{file.stem}-{item['kind']}-{item['metadata']['name']}")
        for file in sorted(REFERENCE.glob("*.json"))
        for item in json.loads(file.read_text())["items"]
        if "managedFields" in item["metadata"]
    ]


def missing(expected: dict[str, Any], present: dict[str, Any], path: str = "") -> list[str]:
    """The paths of one field set that another lacks."""
    lacking = []
    for key, below in expected.items():
        if key not in present:
            lacking.append(f"{path}/{key}")
        else:
            lacking += missing(below, present[key], f"{path}/{key}")
    return lacking


@pytest.mark.parametrize("live", recorded_objects())
def test_every_path_that_was_recorded_is_found_in_the_live_object(live: dict[str, Any]) -> None:
    [entry] = [entry for entry in live["metadata"]["managedFields"] if entry["operation"] == "Apply"]
    live = {key: value for key, value in live.items() if key != "status"}
    assert not missing(entry["fieldsV1"], field_set(live))


def test_maps_are_merged_and_atomic_values_are_owned_whole() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a", "namespace": "b", "uid": "c", "labels": {"x/y": "z"}},
        "spec": {"selector": {"app": "nats"}, "externalIPs": ["10.0.0.1"], "type": "ClusterIP"},
    }
    assert field_set(service) == {
        "f:metadata": {"f:labels": {"f:x/y": {}}},
        "f:spec": {"f:selector": {}, "f:externalIPs": {}, "f:type": {}},
    }


def test_list_items_are_named_by_their_keys_and_defaults_of_these() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 4222, "name": "nats"}, {"protocol": "UDP", "port": 53}]},
    }
    assert field_set(service) == {
        "f:spec": {
            "f:ports": {
                'k:{"port":4222,"protocol":"TCP"}': {".": {}, "f:port": {}, "f:name": {}},
                'k:{"port":53,"protocol":"UDP"}': {".": {}, "f:port": {}, "f:protocol": {}},
            }
        }
    }


def test_sets_and_items_of_an_atomic_type_have_nothing_below() -> None:
    config_map = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "finalizers": ["a/é"], "ownerReferences": [{"uid": "u", "name": "x"}]},
        "data": {},
    }
    assert field_set(config_map) == {
        "f:metadata": {"f:finalizers": {'v:"a/é"': {}}, "f:ownerReferences": {'k:{"uid":"u"}': {}}},
        "f:data": {},
    }


def test_keys_are_written_as_go_writes_them() -> None:
    pod = {"containers": [{"name": "nats", "env": [{"name": "<ü>"}]}]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {"template": {"spec": pod}}}
    [container] = field_set(deployment)["f:spec"]["f:template"]["f:spec"]["f:containers"].values()
    assert list(container["f:env"]) == [r'k:{"name":"\u003cü\u003e"}']


def test_an_unknown_field_is_an_error_not_a_guess() -> None:
    with pytest.raises(KeyError):
        field_set({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"port": 4222}})
