"""Validates a plain value against a schema, exactly like the API server validates a custom resource.

Sources, all in Kubernetes 1.37: pruning, defaulting and listtype in apiextensions-apiserver's pkg/apiserver/schema,
and kube-openapi's pkg/validation/validate.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from natsop_core.frozen import frozen
from natsop_core.kubernetes.openapi import Schema, part_of, resolved
from natsop_core.kubernetes.scalars import UNKNOWN, scalar_fault, whole, words

Path = tuple[str | int, ...]


@frozen
class SchemaFault:
    """A problem at a path below the checked value."""

    path: Path
    message: str


@dataclass(slots=True)
class Checked:
    """The result of a check.

    value: the value that the API server would store, without null fields and with defaults.
    floats: the paths of integers that are written as floating point numbers: types accept this, CEL does not.
    """

    value: Any = None
    faults: list[SchemaFault] = field(default_factory=list)
    floats: list[Path] = field(default_factory=list)


def check(value: Any, schema: Schema) -> Checked:
    """Check any value."""
    checked = Checked()
    checked.value = _check(value, schema, (), checked)
    return checked


def written(path: Path) -> str:
    """The path in the format of the API server, such as `spec.config.includes[0].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _check(value: Any, schema: Schema, path: Path, checked: Checked) -> Any:
    schema = resolved(schema)
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return value
    kind = schema.get("type")
    if kind == "object" and isinstance(value, (dict, Mapping)):
        return _check_object(value, schema, path, checked)
    if kind == "array" and isinstance(value, list):
        return _check_array(value, schema, path, checked)
    checked.faults.extend(SchemaFault(place, UNKNOWN) for place in _names(value, path))
    if message := scalar_fault(value, schema):
        checked.faults.append(SchemaFault(path, message))
    elif isinstance(value, float):
        checked.floats.append(path)
        return whole(value)
    elif isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # Go replaces half a surrogate pair
    return value


def _names(value: Any, path: Path) -> Iterator[Path]:
    """The fields of an object in place of a scalar, also in lists: the API server reports them as unknown fields."""
    pending = [(value, path)]  # no recursion: such a value may be nested to any depth
    while pending:
        found, place = pending.pop()
        if isinstance(found, (dict, Mapping)):
            yield from ((*place, _name(name)) for name in found)
        elif isinstance(found, list):
            pending += [(item, (*place, index)) for index, item in enumerate(found) if isinstance(item, Mapping | list)]


def _check_object(value: Mapping[Any, Any], schema: Schema, path: Path, checked: Checked) -> Any:
    found = {}
    for key, item in value.items():
        name = _name(key)
        part = part_of(schema, name)
        if part is None:
            checked.faults.append(SchemaFault((*path, name), UNKNOWN))
        elif item is not None and not (item == "" and "" in part.get("enum", ())):
            found[name] = _check(item, part, (*path, name), checked)
    for name, part in schema.get("properties", {}).items():
        if "default" in part:
            found.setdefault(name, part["default"])
    missing = (name for name in schema.get("required", ()) if name not in found)
    checked.faults.extend(SchemaFault((*path, name), "is required") for name in missing)
    return found


def _name(key: Any) -> str:
    """A key in JSON form: keys in YAML need not be strings."""
    return key if isinstance(key, str) else json.dumps(key, default=str)


def _check_array(value: list[Any], schema: Schema, path: Path, checked: Checked) -> list[Any]:
    items = [_check(item, schema["items"], (*path, index), checked) for index, item in enumerate(value)]
    if message := _length_fault(len(items), schema):
        checked.faults.append(SchemaFault(path, message))
    checked.faults.extend(_duplicates(items, schema, path))
    return items


def _length_fault(length: int, schema: Schema) -> str | None:
    if length < schema.get("minItems", 0):
        return f"must have at least {schema['minItems']} item"
    if length > schema.get("maxItems", length):
        return f"must have at most {schema['maxItems']} items"
    return None


def _duplicates(items: list[Any], schema: Schema, path: Path) -> Iterator[SchemaFault]:
    """The first duplicate of each item that must be unique."""
    keys = schema.get("x-kubernetes-list-map-keys", ())
    if not keys or not all(isinstance(item, Mapping) for item in items):
        return
    seen: Counter[tuple[tuple[type, Any], ...]] = Counter()
    for index, item in enumerate(items):
        values = [item.get(key) for key in keys]
        if any(isinstance(value, Mapping | list) for value in values):
            continue  # already reported
        identity = tuple((type(value), value) for value in values)
        seen[identity] += 1
        if seen[identity] == 2:
            yield SchemaFault((*path, index), f"has the same {words(keys, 'and')} as another item")
