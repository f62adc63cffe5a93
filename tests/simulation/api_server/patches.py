"""JSON patches (RFC 6902, the operations that are used here) and merge patches (RFC 7386)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from tests.simulation.api_server.errors import invalid
from tests.simulation.api_server.objects import Object


def json_patched(obj: Object, operations: list[Mapping[str, Any]]) -> Object:
    """The object after the operations; a refusal when one of them finds nothing where it should."""
    patched = copy.deepcopy(obj)
    for operation in operations:
        try:
            _operate(patched, operation)
        except (LookupError, TypeError, ValueError) as error:
            raise invalid(f"the server rejected our request due to an error in our request: {operation}") from error
    return patched


def _operate(document: Any, operation: Mapping[str, Any]) -> None:
    *way, last = (step.replace("~1", "/").replace("~0", "~") for step in operation["path"].removeprefix("/").split("/"))
    parent = document
    for step in way:
        parent = parent[int(step) if isinstance(parent, list) else step]
    match operation["op"]:
        case "add" if isinstance(parent, list):
            parent.insert(len(parent) if last == "-" else int(last), operation["value"])
        case "add":
            parent[last] = operation["value"]
        case "replace":
            place = int(last) if isinstance(parent, list) else last
            if place not in parent and not isinstance(parent, list):
                raise KeyError(place)
            parent[place] = operation["value"]
        case "remove":
            del parent[int(last) if isinstance(parent, list) else last]
        case other:
            raise ValueError(other)


def merge_patched(value: Any, change: Any) -> Any:
    """The value after the change, in which null removes."""
    if not isinstance(change, Mapping):
        return change
    merged = dict(value) if isinstance(value, Mapping) else {}
    for name, part in change.items():
        if part is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patched(merged.get(name), part)
    return merged
