"""Custom resources with every kind of value in every field, made from the schema of a CustomResourceDefinition."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Final

from natsop_core.crd import custom_resource_definitions

Schema = dict[str, Any]
Manifest = dict[str, Any]
Place = tuple[str | int, ...]

ANYTHING: Final[tuple[Any, ...]] = (
    *(None, True, 0, 1, -1, 65536, 2**31, 2**63, -(2**63) - 1, 1.0, 1.5, -0.0, 1e300, 2.0**53),
    *("", "a", "-", "..", "0", "1Gi", "30s", "a/b", "a\n", "ä", "\ud83d", "\0", "A" * 300),
    *([], [None], ["a"], [1], [{}], [{"name": "a"}, {"name": "a"}], [[{"a": 1}]]),
    *({}, {"a": None}, {"a": "a"}, {"a": 1}, {"name": "a"}, {"": {}}, {"a/b": {}}, {"a": {"b": {}}}),
)
"""Values of which at most a few suit any field."""

_MAP_KEY: Final = "some key"
_DEEP: Final = 6


def root_schemas() -> dict[str, Schema]:
    """The schema of each kind."""
    return {
        definition["spec"]["names"]["kind"]: definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        for definition in custom_resource_definitions()
    }


def mutants(kind: str, schema: Schema, every: int = 1) -> Iterator[Manifest]:
    """Resources of the kind that are as small as can be, save for one field each.

    Each value goes to each field; `every` takes one of so many of these, deep inside of Kubernetes' types one of more.
    """
    turn = itertools.count()
    for place, node in _places(schema["properties"]["spec"], ("spec",)):
        step = every * (1 if len(place) < _DEEP else 6)
        values: list[Any] = [*ANYTHING, *_fitting(node)]
        for value in values:
            if next(turn) % step == 0:
                yield with_value(kind, schema, place, value)


def combined(manifests: list[Manifest], count: int) -> Iterator[Manifest]:
    """Resources with several fields of the given ones each."""
    for start in range(count):
        parts = [manifests[(start * 7919 + offset * 104729) % len(manifests)] for offset in range(3)]
        yield _merged(_merged(parts[0], parts[1]), parts[2])


def with_value(kind: str, schema: Schema, place: Place, value: Any) -> Manifest:
    """A resource of the kind that has the value at a place, and else what is required on the way there."""
    manifest = resource(kind, {})
    _put(manifest, schema, place, value)
    return manifest


def resource(kind: str, spec: Any) -> Manifest:
    return {"apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def _places(schema: Schema, place: Place) -> Iterator[tuple[Place, Schema]]:
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from _places(part, (*place, name))
    if "items" in schema:
        yield from _places(schema["items"], (*place, 0))
    if "additionalProperties" in schema:
        yield from _places(schema["additionalProperties"], (*place, _MAP_KEY))


def _put(parent: Any, schema: Schema, place: Place, value: Any) -> None:
    step, *rest = place
    part = schema["items"] if step == 0 else schema.get("properties", {}).get(step) or schema["additionalProperties"]
    found: Any = value if not rest else minimal(part)
    if rest:
        if rest[0] == 0 and not found:
            found.append(None)
        _put(found, part, tuple(rest), value)
    parent[step] = found


def minimal(schema: Schema) -> Any:
    """The least that the schema takes."""
    match schema.get("type"):
        case "object":
            return {name: minimal(schema["properties"][name]) for name in schema.get("required", ())}
        case "array":
            return [minimal(schema["items"])] * schema.get("minItems", 0)
        case "string":
            return schema["enum"][0] if "enum" in schema else "a"
        case "boolean":
            return False
    return max(1, schema.get("minimum", 1))


def _fitting(schema: Schema) -> list[Any]:
    """Values right at the schema's own limits, on both sides."""
    values = [schema[key] + step for key in ("minimum", "maximum") for step in (-1, 0, 1) if key in schema]
    values += ["a" * (schema[key] + step) for key in ("minLength", "maxLength") for step in (0, 1) if key in schema]
    values += schema.get("enum", ())
    if "items" in schema:
        item = minimal(schema["items"])
        values += [[item], [item, copy.deepcopy(item)]]
        if "maxItems" in schema:
            values.append([{**item, "name": f"a{number}"} for number in range(schema["maxItems"] + 1)])
    if "properties" in schema:
        least = minimal(schema)
        values += [{**least, "unknown": None}, {**least, "unknown": {}}]
        values += [{key: part for key, part in least.items() if key != name} for name in least]
    if "additionalProperties" in schema:
        values.append({_MAP_KEY: minimal(schema["additionalProperties"]), "": None})
    return values


def _merged(first: Any, second: Any) -> Any:
    if not isinstance(first, Mapping) or not isinstance(second, Mapping):
        return second
    merged = {key: _merged(first[key], value) if key in first else value for key, value in second.items()}
    return {**first, **merged}
