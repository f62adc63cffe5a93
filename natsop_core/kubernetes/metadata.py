"""Validates the metadata of objects like the API server (apimachinery's pkg/api/validation/objectmeta.go)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.check import SchemaFault, check
from natsop_core.kubernetes.openapi import types
from natsop_core.kubernetes.scalars import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.kubernetes.check import Checked
    from natsop_core.kubernetes.openapi import Schema

_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SUBDOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_WORD: Final = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_MAX_SUBDOMAIN: Final = 253
_MAX_ANNOTATIONS: Final = 256 * 1024
_IDENTITY: Final = (("name",), ("namespace",))
_BAD_KEY: Final = "keys must be names such as team or example.com/team, of at most 63 characters after the slash"


def check_metadata(value: Any, *, strict: bool) -> Checked:
    """Check an object's metadata. Paths start with `metadata`. If not `strict`, only types, name and namespace."""
    checked = check({} if value is None else _decoded(value), _schema())
    faults = checked.faults if strict else [fault for fault in checked.faults if fault.message != UNKNOWN]
    if not faults:
        faults = [fault for fault in _faults(checked.value) if strict or fault.path in _IDENTITY]
    return replace(checked, faults=[SchemaFault(("metadata", *fault.path), fault.message) for fault in faults])


@cache
def _schema() -> Schema:
    """The vendored schema, without the parts that the API server does not check when it decodes metadata."""
    anything = {"x-kubernetes-preserve-unknown-fields": True}
    entry = types()["ManagedFieldsEntry"]
    own = {
        "managedFields": {
            "type": "array",
            "items": {**entry, "properties": {**entry["properties"], "fieldsV1": anything}},
        },
        "ownerReferences": {"type": "array", "items": {**types()["OwnerReference"], "required": []}},
    }
    return {"type": "object", "properties": {**types()["ObjectMeta"]["properties"], **own}}


_EMPTY: Final = {"finalizers": "", "managedFields": {}, "ownerReferences": {}}


def _decoded(value: Any) -> Any:
    """Metadata as decoded by Go: null is the empty value of its type, also in lists; whole numbers are integers."""
    if not isinstance(value, Mapping):
        return value
    return {name: _decoded_field(name, part) for name, part in value.items()}


def _decoded_field(name: str, value: Any) -> Any:
    if isinstance(value, list) and name in _EMPTY:
        return [_EMPTY[name] if item is None else item for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _faults(metadata: Mapping[str, Any]) -> Iterator[SchemaFault]:
    if not metadata.get("name"):
        yield SchemaFault(("name",), "is required")
    elif not _is_subdomain(metadata["name"]):
        yield SchemaFault(("name",), "must be a lowercase DNS name of at most 253 characters")
    if (generated := metadata.get("generateName")) and not _is_subdomain(re.sub("(?<=.)-$", "x", generated)):
        yield SchemaFault(("generateName",), "must be the start of a lowercase DNS name")
    if (namespace := metadata.get("namespace")) and not re.fullmatch(_LABEL, namespace):
        yield SchemaFault(("namespace",), "must be a lowercase DNS label of at most 63 characters")
    yield from (SchemaFault(("labels",), fault) for fault in label_faults(metadata.get("labels", {})))
    yield from (SchemaFault(("annotations",), fault) for fault in annotation_faults(metadata.get("annotations", {})))
    yield from _finalizer_faults(metadata.get("finalizers", ()))
    yield from _owner_faults(metadata.get("ownerReferences", []))


def label_faults(labels: Mapping[str, str]) -> Iterator[str]:
    """The problems of an object's labels."""
    if not all(_is_qualified(key) for key in labels):
        yield _BAD_KEY
    if not all(re.fullmatch(f"({_WORD})?", value) for value in labels.values()):
        yield "values must have at most 63 of the characters A-Z, a-z, 0-9, '-', '_' and '.'"


def annotation_faults(annotations: Mapping[str, str]) -> Iterator[str]:
    """The problems of an object's annotations."""
    if not all(_is_qualified(key.lower()) for key in annotations):
        yield _BAD_KEY
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _MAX_ANNOTATIONS:
        yield "must have at most 256 KiB in all"


def _finalizer_faults(finalizers: list[str]) -> Iterator[SchemaFault]:
    if not all(_is_qualified(finalizer) for finalizer in finalizers):
        yield SchemaFault(("finalizers",), "must be names such as example.com/cleanup")
    if {"orphan", "foregroundDeletion"} <= set(finalizers):
        yield SchemaFault(("finalizers",), "must not have both orphan and foregroundDeletion")


def _owner_faults(owners: list[Mapping[str, Any]]) -> Iterator[SchemaFault]:
    different = {json.dumps(owner, sort_keys=True): owner for owner in owners}.values()  # as the API server does
    for index, owner in enumerate(different):
        empty = (name for name in ("apiVersion", "kind", "name", "uid") if not owner.get(name))
        yield from (SchemaFault(("ownerReferences", index, name), "must not be empty") for name in empty)
        version = owner.get("apiVersion", "")
        if not re.fullmatch("([^/]*/)?[^/]*[^/]|", version):
            yield SchemaFault(
                ("ownerReferences", index, "apiVersion"), "must be a version or a group, a slash and a version"
            )
        if (version, owner.get("kind")) == ("v1", "Event"):
            yield SchemaFault(("ownerReferences", index), "must not be an Event")
    if sum(owner.get("controller", False) for owner in different) > 1:
        yield SchemaFault(("ownerReferences",), "must have at most one controller")


def _is_subdomain(text: str) -> bool:
    return len(text) <= _MAX_SUBDOMAIN and re.fullmatch(_SUBDOMAIN, text) is not None


def _is_qualified(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return re.fullmatch(_WORD, name) is not None and (not slash or _is_subdomain(prefix))
