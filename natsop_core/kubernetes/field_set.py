"""Which fields a server-side apply of an object makes its manager own, computed without the API server.

Equal to `fieldsV1` of the manager's `Apply` entry in managedFields. Source: structured-merge-diff, `fieldpath` and
`typed`; which lists and maps are merged and which are taken whole comes from the API server's OpenAPI.
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
"""Fields that the API server takes out of every manager's set (apimachinery, `managedfields/internal/stripmeta.go`)."""
_ESCAPES: Final = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def paths_beyond(wanted: Mapping[str, Any], owned: Mapping[str, Any], at: tuple[str, ...] = ()) -> Iterator[Path]:
    """The outermost paths of a set that are not in another."""
    for key in sorted(wanted):
        if key not in owned:
            yield (*at, key)
        else:
            yield from paths_beyond(wanted[key], owned[key], (*at, key))


def field_set(obj: Mapping[str, Any]) -> FieldSet:
    """The `fieldsV1` of an apply of `obj`, which has no null. KeyError for a kind or a field that is not vendored."""
    schema = kind_schema(obj["apiVersion"], obj["kind"])
    metadata = {key: value for key, value in obj["metadata"].items() if key not in _UNOWNED_METADATA}
    rest = {key: value for key, value in obj.items() if key not in _IDENTITY}
    return _fields(rest | {"metadata": metadata} if metadata else rest, schema)


def _fields(value: Any, schema: Schema) -> FieldSet:
    """What is owned below a value; nothing when it is owned as a whole."""
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
        if item != [] or _is_atomic(properties.get(key, {}))  # nobody owns a list of which each item has an owner
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
    """An item's key, in which a missing field counts with its default, such as a port's protocol TCP."""
    found = {}
    for key in sorted(keys):
        if key in item:
            found[key] = item[key]
        elif "default" in schema["properties"][key]:
            found[key] = schema["properties"][key]["default"]
    return f"k:{_json(found)}"


def _json(value: Any) -> str:
    """Compact JSON as Go's encoder writes it, which makes it safe for HTML."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES)
