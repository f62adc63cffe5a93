"""Checks a plain value against a vendored type, as the API server checks a custom resource with that schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from natsop_core.kubernetes.openapi import Schema, resolved, types

QUANTITY_PATTERN: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
"""What a CRD says of a quantity (controller-gen's pattern); the grammar itself is in `quantity.py`."""

_QUANTITY: Final = re.compile(QUANTITY_PATTERN.removesuffix("$") + r"\Z", re.ASCII)
_INTEGERS: Final = {"int32": 2**31, "int64": 2**63}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at a path below the checked value."""

    path: Path
    message: str


def check(value: Any, type_name: str) -> tuple[Any, tuple[Fault, ...]]:
    """The value without its null fields, which count as absent, and what is wrong with it."""
    faults: list[Fault] = []
    return _check(value, types()[type_name], (), faults), tuple(faults)


def _check(value: Any, schema: Schema, path: Path, faults: list[Fault]) -> Any:
    schema = resolved(schema)
    if schema.get("type") == "object" and isinstance(value, Mapping):
        return _check_object(value, schema, path, faults)
    if schema.get("type") == "array" and isinstance(value, list):
        items = [_check(item, schema["items"], (*path, index), faults) for index, item in enumerate(value)]
        faults.extend(_duplicates(items, schema, path))
        return items
    if message := _scalar_fault(value, schema):
        faults.append(Fault(path, message))
    return value


def _check_object(value: Mapping[str, Any], schema: Schema, path: Path, faults: list[Fault]) -> dict[str, Any]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    others: Schema | None = schema.get("additionalProperties")
    checked = {}
    for name, item in value.items():
        part = properties.get(name, others)
        if part is None:
            faults.append(Fault((*path, name), "unknown field"))
        elif item is not None:
            checked[name] = _check(item, part, (*path, name), faults)
    faults.extend(Fault((*path, name), "is required") for name in schema.get("required", ()) if name not in checked)
    return checked


def _duplicates(items: list[Any], schema: Schema, path: Path) -> Iterator[Fault]:
    keys = schema.get("x-kubernetes-list-map-keys", ())
    seen = []
    for index, item in enumerate(items):
        if not keys or not isinstance(item, Mapping):
            return
        identity = [item.get(key) for key in keys]
        if identity in seen:
            yield Fault((*path, index), f"has the same {' and '.join(keys)} as another item")
        seen.append(identity)


def _scalar_fault(value: Any, schema: Schema) -> str | None:
    """What is wrong with a value that is no object and no list, or should be none."""
    if schema.get("format") == "quantity":
        return None if is_quantity(value) else "must be a quantity such as 500m, 2Gi or 10"
    if schema.get("format") == "int-or-string":
        return None if isinstance(value, str) or _is_integer(value, "int64") else "must be an integer or a string"
    kind = schema.get("type")
    if kind == "integer":
        return None if _is_integer(value, schema.get("format", "int64")) else "must be an integer"
    if kind == "boolean":
        return None if isinstance(value, bool) else "must be true or false"
    if kind != "string":
        return "must be a list" if kind == "array" else "must be an object"
    if not isinstance(value, str):
        return "must be a string"
    if value not in schema.get("enum", (value,)):
        *others, last = (f"'{word}'" for word in schema["enum"])
        return f"must be {', '.join(others)} or {last}" if others else f"must be {last}"
    return None


def is_quantity(value: Any) -> bool:
    """Whether a CRD's schema takes the value as a quantity: an integer, or a string of the right form."""
    return bool(_QUANTITY.match(value)) if isinstance(value, str) else _is_integer(value, "int64")


def _is_integer(value: Any, form: str) -> bool:
    bound = _INTEGERS[form]
    return isinstance(value, int) and not isinstance(value, bool) and -bound <= value < bound
