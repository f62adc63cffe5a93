"""Takes over the ownership of fields where a plain apply cannot put an object right.

An apply cannot repair a list that is keyed by one field and must be unique by another: if someone changes the number of
a Service's port, the list has two items with the same name, and the API server rejects the apply (422). The same
happens with fields that exclude each other, such as minAvailable and maxUnavailable of a PodDisruptionBudget. Once
managedFields says that the disputed fields are ours, an apply without them removes them.

Nor can an apply remove what others own. Whoever creates an object of ours from a backup without managedFields owns all
of it, so that nothing of it would ever go away again. kubectl has the same problem when it migrates from client-side
apply, and solves it the same way (client-go, `util/csaupgrade`).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any, Final, TypeAlias

from natsop_core.frozen import frozen
from natsop_core.kubernetes.field_set import field_set
from natsop_core.names import FIELD_MANAGER, is_ours_in_a_list

Fields: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str, ...]

_QUANTITIES: Final = ("f:limits", "f:requests")
"""Maps in our containers to which others may add keys. Any other field of a list item without a value of ours has the
API server's default."""


@frozen
class Refill:
    """An apply of only the metadata, which makes the API server restore cleared managedFields."""

    body: Mapping[str, Any] = field(repr=False)


@frozen
class TakeOwnership:
    """A JSON patch that makes the disputed fields ours."""

    patch: list[dict[str, Any]] = field(repr=False)


def next_step_of_ownership(
    body: Mapping[str, Any], live: Mapping[str, Any], causes: tuple[str, ...]
) -> Refill | TakeOwnership | None:
    """The request that makes a rejected apply acceptable; None if ownership is not the cause.

    body: the applied manifest, with the UID of its object. live: the object in full, with its managedFields.
    causes: the field paths in the API server's error.
    """
    if live["metadata"]["uid"] != body["metadata"]["uid"]:
        return None
    entries: list[dict[str, Any]] = live["metadata"].get("managedFields", [])
    ours = next((entry["fieldsV1"] for entry in entries if _is_ours(entry)), None)
    if ours is None:
        return Refill({part: body[part] for part in ("apiVersion", "kind", "metadata")})
    wanted = field_set(body)
    others = [entry["fieldsV1"] for entry in entries if _is_anothers(entry)]
    places = [place for place in _lost(wanted, ours) if any(_concerns(place, cause) for cause in causes)]
    disputed = {
        (*place, key): _fields_of(others, (*place, key))
        for place in places
        for key in _disputed_at(place, wanted, others, body, live)
    }
    if not disputed:
        return None
    return TakeOwnership(
        _patch(live["metadata"]["resourceVersion"], [_reassigned(entry, disputed) for entry in entries])
    )


def reclaim(body: Mapping[str, Any], live: Mapping[str, Any]) -> Refill | TakeOwnership | None:
    """The request that makes a restored object's fields ours, before it is applied; None if none is needed.

    The fields of the manifest become ours, and list items under names that only we use: an earlier manifest may have
    had them. What others added stays theirs. body: the manifest, with the UID of its object. live: the object in full.
    """
    if live["metadata"]["uid"] != body["metadata"]["uid"]:
        return None
    entries: list[dict[str, Any]] = live["metadata"].get("managedFields", [])
    wanted = field_set(body)
    taken = [_reclaimed(entry["fieldsV1"], wanted, live) if _is_anothers(entry) else {} for entry in entries]
    if not any(map(_is_anothers, entries)):
        return Refill({part: body[part] for part in ("apiVersion", "kind", "metadata")})
    if not any(taken):
        return None
    ours = next((entry for entry in entries if _is_ours(entry)), _new_entry(body))
    fields = ours["fieldsV1"]
    for each in taken:
        fields = _united(fields, each)
    left = [
        {**entry, "fieldsV1": _without(entry["fieldsV1"], each)}
        for entry, each in zip(entries, taken, strict=True)
        if not _is_ours(entry)
    ]
    kept = [entry for entry in left if entry["fieldsV1"]]
    return TakeOwnership(_patch(live["metadata"]["resourceVersion"], [{**ours, "fieldsV1": fields}, *kept]))


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return entry["manager"] == FIELD_MANAGER and entry["operation"] == "Apply" and not entry.get("subresource")


def _is_anothers(entry: Mapping[str, Any]) -> bool:
    return not _is_ours(entry) and entry.get("subresource") != "status"


def _lost(wanted: Fields, owned: Fields, at: Path = ()) -> Iterator[Path]:
    """The places that have a field directly below them which others changed or removed."""
    if wanted.keys() - owned.keys():
        yield at
    for key in sorted(wanted):
        yield from _lost(wanted[key], owned.get(key, {}), (*at, key))


def _concerns(place: Path, cause: str) -> bool:
    """Whether an error about this field can come from a dispute at this place: the field itself, or its parent."""
    named = re.sub(r"\[[^]]*\]", "", cause).split(".")
    place_name = [part.removeprefix("f:") for part in place if part.startswith("f:")]
    return place_name in (named, named[:-1])


def _disputed_at(
    place: Path, wanted: Fields, others: list[Fields], manifest: Mapping[str, Any], live: Mapping[str, Any]
) -> list[str]:
    """The fields of others at that place that conflict with ours; in a list, only items with the same name."""
    theirs = {key for fields in others for key in _fields_at(fields, place)}
    disputed = sorted(theirs - _fields_at(wanted, place).keys() - {"."})
    if not disputed:
        return []
    items = _value_at(live, place)
    if not isinstance(items, list):
        return disputed
    our_names = {item["name"] for item in _value_at(manifest, place) if "name" in item}
    return [key for key in disputed if (_item(items, key) or {}).get("name") in our_names]


def _fields_at(fields: Fields, place: Path) -> Fields:
    for key in place:
        fields = fields.get(key, {})
    return fields


def _value_at(value: Any, place: Path) -> Any:
    for key in place:
        value = _item(value, key) if key.startswith("k:") else value.get(key.removeprefix("f:"))
    return value


def _item(items: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    keys = json.loads(key.removeprefix("k:")).items()
    return next((item for item in items if all(item.get(name) == value for name, value in keys)), None)


def _fields_of(others: list[Fields], path: Path) -> Fields:
    return next(found for fields in others if (found := _fields_at(fields, path[:-1]).get(path[-1])) is not None)


def _reassigned(entry: dict[str, Any], disputed: Mapping[Path, Fields]) -> dict[str, Any]:
    """The entry with the disputed fields added if it is ours, or removed if it is not."""
    fields = copy.deepcopy(entry["fieldsV1"])
    for (*place, key), below in disputed.items():
        if _is_ours(entry):
            _make(fields, place)[key] = below
        elif _is_anothers(entry):
            _fields_at(fields, tuple(place)).pop(key, None)
    return {**entry, "fieldsV1": fields}


def _make(fields: Fields, place: list[str]) -> Fields:
    for key in place:
        fields = fields.setdefault(key, {})
    return fields


def _patch(resource_version: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": entries},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version},
    ]


def _new_entry(body: Mapping[str, Any]) -> dict[str, Any]:
    entry = {"manager": FIELD_MANAGER, "operation": "Apply", "apiVersion": body["apiVersion"]}
    return {**entry, "fieldsType": "FieldsV1", "fieldsV1": {}}


def _reclaimed(fields: Fields, wanted: Fields, value: Any, at: Path = ()) -> Fields:
    """The part of another's fields that becomes ours. value: what the live object has at that path."""
    found: Fields = {}
    for key, below in fields.items():
        if key in wanted and below:
            found[key] = _reclaimed(below, wanted[key], _child(value, key), (*at, key))
        elif key in wanted or key == "." or _is_ours_alone(key, below, value, at):
            found[key] = below
    return {key: below for key, below in found.items() if below or not fields[key]}


def _is_ours_alone(key: str, below: Fields, value: Any, at: Path) -> bool:
    """Whether a field that is not in the manifest can only come from an earlier one, or from a default."""
    if key.startswith("k:"):
        return at[0] == "f:spec" and is_ours_in_a_list((_item(value, key) or {}).get("name", ""))
    is_in_item = any(step.startswith("k:") for step in at)
    return is_in_item and not below and at[0] == "f:spec" and at[-1] not in _QUANTITIES


def _child(value: Any, key: str) -> Any:
    """The value below, None if there is none."""
    if key.startswith("k:"):
        return _item(value, key)
    return value.get(key.removeprefix("f:")) if isinstance(value, Mapping) else None


def _united(fields: Fields, more: Fields) -> Fields:
    return {key: _united(fields.get(key, {}), more.get(key, {})) for key in (*fields, *more)}


def _without(fields: Fields, taken: Fields) -> Fields:
    """The fields that are left; a field without anything below it goes, too."""
    left = {key: _without(below, taken[key]) if key in taken else below for key, below in fields.items()}
    return {key: below for key, below in left.items() if below or key not in taken}
