"""Sets of fields, as managedFields has them: which fields a value has, and what differs between two values.

Written after structured-merge-diff's behaviour, and apart from `natsop_core.kubernetes.field_set`, so that the two can
disagree. A path is a tuple of such parts as `f:spec`, `k:{"name":"nats"}` and `v:"a"`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from natsop_core.kubernetes.openapi import resolved

Schema = Mapping[str, Any]
Path = tuple[str, ...]
Fields = frozenset[Path]

ABSENT: Final = object()
UNKNOWN: Final[Schema] = {}
"""The schema of what no schema describes: maps are merged, lists taken whole."""

_HTML_SAFE: Final = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


@dataclass(slots=True)
class Difference:
    """What has to happen to one value to make it another."""

    added: set[Path] = field(default_factory=set)
    removed: set[Path] = field(default_factory=set)
    modified: set[Path] = field(default_factory=set)


def parts(value: Any, schema: Schema) -> dict[str, tuple[Any, Schema]] | None:
    """The parts that can have owners of their own, with their schemas; None when the value is one whole."""
    if isinstance(value, dict):
        if schema.get("x-kubernetes-map-type") == "atomic":
            return None
        return {f"f:{name}": (part, property_schema(schema, name)) for name, part in value.items()}
    if isinstance(value, list):
        items = resolved(schema.get("items", UNKNOWN))
        match schema.get("x-kubernetes-list-type"):
            case "map":
                return {item_key(item, schema["x-kubernetes-list-map-keys"], items): (item, items) for item in value}
            case "set":
                return {f"v:{_compact(item)}": (item, items) for item in value}
    return None


def property_schema(schema: Schema, name: str) -> Schema:
    """The schema of an object's field."""
    found = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
    return resolved(found) if found else UNKNOWN


def is_named(schema: Schema, part: str) -> bool:
    """Whether the part is a field that the schema knows by its name, not a key of a map."""
    return part.startswith("f:") and part[2:] in schema.get("properties", ())


def item_key(item: Mapping[str, Any], keys: Iterable[str], schema: Schema) -> str:
    """The part of a path that stands for an item of a list, in which defaults count."""
    known = {}
    for key in sorted(keys):
        if (value := item.get(key, schema.get("properties", {}).get(key, {}).get("default"))) is not None:
            known[key] = value
    return f"k:{_compact(known)}"


def fields_of(value: Any, schema: Schema) -> Fields:
    """All that somebody owns who applies this value."""
    return frozenset(_fields(value, schema, ()))


def _fields(value: Any, schema: Schema, at: Path) -> Iterator[Path]:
    below = parts(value, schema)
    if not below:
        if at and not (below == {} and isinstance(value, list)):
            yield at
        return
    if at and not at[-1].startswith("f:"):
        yield at
    for part, (inner, inner_schema) in below.items():
        yield from _fields(inner, inner_schema, (*at, part))


def difference(old: Any, new: Any, schema: Schema) -> Difference:
    """What differs, as the fields of an update are found: a new map counts as well as each of its keys."""
    found = Difference()
    _compare(old, new, schema, (), found)
    return found


def _compare(old: Any, new: Any, schema: Schema, at: Path, found: Difference) -> None:
    if old is new or (old is not ABSENT and new is not ABSENT and old == new):
        return
    before = {} if old is ABSENT else parts(old, schema)
    after = {} if new is ABSENT else parts(new, schema)
    if before is None or after is None or not (before or after):
        _whole(old, new, at, found)
        return
    for part in dict.fromkeys((*before, *after)):
        old_part, part_schema = before.get(part, (ABSENT, UNKNOWN))
        new_part, new_schema = after.get(part, (ABSENT, UNKNOWN))
        _compare(old_part, new_part, part_schema or new_schema, (*at, part), found)
    if old is ABSENT or new is ABSENT:
        _whole(old, new, at, found)


def _whole(old: Any, new: Any, at: Path, found: Difference) -> None:
    kind = found.added if old is ABSENT else found.removed if new is ABSENT else found.modified
    kind.add(at)


def with_named_parents(fields: Iterable[Path], schema: Schema) -> set[Path]:
    """The fields and the structs around them."""
    complete: set[Path] = set()
    for path in fields:
        complete.add(path)
        node = schema
        for depth, part in enumerate(path[:-1]):
            if is_named(node, part):
                complete.add(path[: depth + 1])
            node = schema_below(node, part)
    return complete


def schema_below(schema: Schema, part: str) -> Schema:
    """The schema of a part of what the schema describes."""
    return property_schema(schema, part[2:]) if part.startswith("f:") else resolved(schema.get("items", UNKNOWN))


@lru_cache(maxsize=4096)
def written(fields: Fields) -> str:
    """The fields as `fieldsV1`, in JSON."""
    tree: dict[str, Any] = {}
    for path in sorted(fields):
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        if path:
            node["."] = {}
    return json.dumps(_without_needless_dots(tree), separators=(",", ":"), ensure_ascii=False)


def _without_needless_dots(node: dict[str, Any]) -> dict[str, Any]:
    if node.keys() == {"."}:
        return {}
    return {part: _without_needless_dots(below) if part != "." else {} for part, below in node.items()}


def read(tree: Mapping[str, Any]) -> Fields:
    """The fields that a `fieldsV1` names."""
    return frozenset(_read(tree, ()))


def _read(tree: Mapping[str, Any], at: Path) -> Iterator[Path]:
    if not tree and at:
        yield at
    for part, below in tree.items():
        if part == ".":
            yield at
        else:
            yield from _read(below, (*at, part))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).translate(_HTML_SAFE)
