"""Values against schemas: what is wrong with them, and what becomes of what is right."""

from typing import Any

import pytest

from natsop_core.kubernetes.check import Checked, SchemaFault, check, written


def checked(value: Any, type_name: str) -> Checked:
    return check(value, {"$ref": type_name})


def faults(value: Any, schema: dict[str, Any]) -> list[tuple[str, str]]:
    return [(written(fault.path), fault.message) for fault in check(value, schema).faults]


def test_a_sound_value_comes_back_without_its_nulls() -> None:
    value = {"httpGet": {"path": "/", "port": "monitor", "host": None}, "periodSeconds": 10, "exec": None}
    outcome = checked(value, "Probe")
    assert outcome.value == {"httpGet": {"path": "/", "port": "monitor"}, "periodSeconds": 10}
    assert outcome.faults == []


def test_each_fault_has_its_path() -> None:
    value = {
        "httpGet": {"scheme": "FTP", "httpHeaders": [{"name": 1}]},
        "periodSeconds": 2**31,
        "exec": {"command": ""},
    }
    assert set(checked(value, "Probe").faults) == {
        SchemaFault(("httpGet", "port"), "is required"),
        SchemaFault(("httpGet", "scheme"), "must be 'HTTP' or 'HTTPS'"),
        SchemaFault(("httpGet", "httpHeaders", 0, "name"), "must be a string"),
        SchemaFault(("httpGet", "httpHeaders", 0, "value"), "is required"),
        SchemaFault(("periodSeconds",), "must be an integer of 32 bits"),
        SchemaFault(("exec", "command"), "must be a list"),
    }


def test_list_items_are_told_apart_by_all_their_keys() -> None:
    ports = [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 53, "protocol": "TCP"}]
    assert checked({"name": "dns", "ports": ports}, "Container").faults == []
    assert checked({"name": "dns", "ports": [*ports, ports[0]]}, "Container").faults == [
        SchemaFault(("ports", 2), "has the same containerPort and protocol as another item"),
    ]


def test_the_second_of_many_equal_items_is_the_one_at_fault() -> None:
    schema = {"type": "array", "x-kubernetes-list-map-keys": ["name"], "items": {"$ref": "EnvVar"}}
    assert faults([{"name": "a"}, {"name": "b"}, {"name": "a"}, {"name": "a"}], schema) == [
        ("[2]", "has the same name as another item")
    ]


def test_defaults_are_filled_in_where_their_object_is() -> None:
    assert checked({"configMapRef": {}, "secretRef": None}, "EnvFromSource").value == {"configMapRef": {"name": ""}}


def test_no_word_is_as_good_as_an_empty_one_unless_a_word_is_required() -> None:
    assert checked({"effect": "", "key": "a"}, "Toleration").value == {"key": "a"}
    assert faults({"key": "a", "operator": ""}, {"$ref": "NodeSelectorRequirement"}) == [
        ("operator", "must be 'DoesNotExist', 'Exists', 'Gt', 'In', 'Lt' or 'NotIn'")
    ]


@pytest.mark.parametrize(
    ("written_as", "is_stored_as"), [(30.0, 30), (-1.0, -1), (-0.0, 0), (float(2**53 - 1), 2**53 - 1)]
)
def test_a_whole_number_may_be_written_as_floating_point(written_as: float, is_stored_as: int) -> None:
    outcome = check({"a": written_as}, {"type": "object", "properties": {"a": {"type": "integer", "format": "int64"}}})
    assert repr(outcome.value) == repr({"a": is_stored_as})
    assert outcome.floats == [("a",)]


@pytest.mark.parametrize(
    "value", [1.5, 2.0**53, 2**63, -(2**63) - 1, float("nan"), float("inf"), True, "1", None, [], {}]
)
def test_what_is_no_integer_of_64_bits_is_refused(value: Any) -> None:
    assert faults(value, {"type": "integer"}) == [("", "must be an integer")]


def test_an_object_where_there_should_be_none_has_unknown_fields() -> None:
    assert faults({"a": {"b": 1}}, {"type": "string"}) == [("a", "unknown field"), ("", "must be a string")]
    assert faults([[{"a": 1}]], {"type": "object", "properties": {}}) == [
        ("[0][0].a", "unknown field"),
        ("", "must be an object"),
    ]


def test_half_a_surrogate_pair_becomes_what_go_makes_of_it() -> None:
    assert check("a\ud800ä", {"type": "string"}).value == "a\ufffdä"


def test_a_pattern_means_the_end_of_the_text_and_no_line_before_it() -> None:
    schema = {"type": "string", "pattern": "^a$", "message": "must be a"}
    assert faults("a", schema) == []
    assert faults("a\n", schema) == [("", "must be a")]


def test_a_value_may_be_nested_deeper_than_python_can_recurse() -> None:
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    keyed = {"type": "array", "x-kubernetes-list-map-keys": ["name"], "items": {"$ref": "EnvVar"}}
    assert faults(deep, {"type": "string"}) == [("", "must be a string")]
    assert faults([{"name": deep}, {"name": deep}], keyed) == [
        ("[0].name", "must be a string"),
        ("[1].name", "must be a string"),
    ]
