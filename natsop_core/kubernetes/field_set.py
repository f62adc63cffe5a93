"""Computes the fields that a field manager owns after a server-side apply, without the API server.

The result equals `fieldsV1` of the manager's `Apply` entry in managedFields. Source: structured-merge-diff, `fieldpath`
and `typed`; the OpenAPI of the API server says which lists and maps are granular and which are atomic.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from natsop_core.kubernetes.openapi import Schema, kind_schema, resolved

FieldSet = dict[str, Any]
Path = tuple[str, ...]

_IDENTITY: Final = ("apiVersion", "kind", "metadata")
_UNOWNED_METADATA: Final = frozenset(
    ("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields")
)
"""Fields that the API server removes from all entries (apimachinery, `managedfields/internal/stripmeta.go`)."""
_ESCAPES: Final = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def paths_beyond(wanted: Mapping[str, Any], owned: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[Path]:
    """The outermost paths of `wanted` that are not in `owned`."""
    for key in sorted(wanted):
        if key not in owned:
            yield (*at, key)
        else:
            yield from paths_beyond(wanted[key], owned[key], (*at, key))


def field_set(obj: Mapping[str, Any]) -> FieldSet:
    """The `fieldsV1` of an apply of `obj`, which must not have null. KeyError for an unknown kind or field."""
    schema = kind_schema(obj["apiVersion"], obj["kind"])
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _UNOWNED_METADATA}
    rest = {key: value for key, value in obj.items() if key not in _IDENTITY}
    return _fields(rest | {"metadata": metadata} if metadata else rest, schema)


def _fields(value: Any, schema: Schema) -> FieldSet:
    """The fields that are owned below a value; empty if it is owned as a whole."""
    schema = resolved(schema)
    if isinstance(value, Mapping):
        return {} if schema.get("x-kubernetes-map-type") == "atomic" else _map_fields(value, schema)
    if isinstance(value, list):
        return _list_fields(value, schema)
    return {}


def _map_fields(value: Mapping[str, Any], schema: Schema) -> FieldSet:
    properties = schema.get("properties", {})
    return {
        f"f:{key}": _fields(item, properties[key] if key in properties else schema["additionalProperties"])
        for key, item in value.items()
        if item != [] or _is_atomic(properties.get(key, {}))  # an empty granular list has no owner
    }


def _is_atomic(schema: Schema) -> bool:
    return bool(schema.get("x-kubernetes-list-type", "atomic") == "atomic")


def _list_fields(items: list[Any], schema: Schema) -> FieldSet:
    if _is_atomic(schema):
        return {}
    if schema["x-kubernetes-list-type"] == "set":
        return {f"v:{_json(item)}": {} for item in items}
    item_schema = resolved(schema["items"])
    keys = schema["x-kubernetes-list-map-keys"]
    if item_schema.get("x-kubernetes-map-type") == "atomic":
        return {_key(item, keys, item_schema): {} for item in items}
    return {_key(item, keys, item_schema): {".": {}, **_map_fields(item, item_schema)} for item in items}


def _key(item: Mapping[str, Any], keys: list[str], schema: Schema) -> str:
    """The key of a list item. A missing field counts with its default, such as protocol TCP of a port."""
    found = {}
    for key in sorted(keys):
        if key in item:
            found[key] = item[key]
        elif "default" in schema["properties"][key]:
            found[key] = schema["properties"][key]["default"]
    return f"k:{_json(found)}"


def _json(value: Any) -> str:
    """Compact JSON in the encoding of Go, which escapes characters of HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)
