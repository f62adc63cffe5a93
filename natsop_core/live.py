"""What is kept of a live object's metadata: enough to tell whose it is and whether it is still what was applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from natsop_core.names import APPLIED_ANNOTATION, FIELD_MANAGER

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Controller:
    """The owner reference of an object that has `controller: true`: who may change and delete it."""

    api_version: str
    kind: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class LiveObject:
    """A live object, reduced.

    `applied` is the value of our annotation and `owned_fields` our `Apply` entry of managedFields as compact JSON; both
    are kept only where a controller says that the object could be ours, so that thousands of others cost nothing.
    """

    uid: str
    resource_version: str
    controller: Controller | None = None
    deleting: bool = False
    applied: str = ""
    owned_fields: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """A live object together with its identity, as `ChildrenRef` finds it."""

    key: ObjectKey
    live: LiveObject


def reduce_metadata(metadata: Mapping[str, Any]) -> LiveObject:
    """Keep of an object's `metadata` what decisions need, and nothing of its content."""
    controller = _controller(metadata)
    ours = controller is not None
    return LiveObject(
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        controller=controller,
        deleting="deletionTimestamp" in metadata,
        applied=metadata.get("annotations", {}).get(APPLIED_ANNOTATION, "") if ours else "",
        owned_fields=_owned_fields(metadata) if ours else "",
    )


def kept_entries(metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of managedFields what matters in an object that is kept whole: what we reported, and which annotations are ours.

    In these we note what we asked for (`names.REPLICAS_ANNOTATION`). They count for what is in the same object only: of
    an annotation that somebody has just changed, an older version of the object would still say that it is ours.
    """
    kept: list[Mapping[str, Any]] = []
    for entry in metadata.get("managedFields") or ():
        if entry.get("manager") == FIELD_MANAGER and entry.get("subresource") == "status":
            kept.append(entry)
        elif _is_our_apply(entry):
            annotations = entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
            kept.append({**entry, "fieldsV1": {"f:metadata": {"f:annotations": annotations}}})
    return kept


def owned_annotations(metadata: Mapping[str, Any]) -> dict[str, str]:
    """The object's annotations that are as we applied them."""
    ours = json.loads(_owned_fields(metadata) or "{}")
    fields = ours.get("f:metadata", {}).get("f:annotations", {})
    return {name: value for name, value in metadata.get("annotations", {}).items() if f"f:{name}" in fields}


def _controller(metadata: Mapping[str, Any]) -> Controller | None:
    for owner in metadata.get("ownerReferences", ()):
        if owner.get("controller"):
            return Controller(owner["apiVersion"], owner["kind"], owner["name"], owner["uid"])
    return None


def _owned_fields(metadata: Mapping[str, Any]) -> str:
    for entry in metadata.get("managedFields", ()):
        if _is_our_apply(entry):
            return json.dumps(entry.get("fieldsV1", {}), separators=(",", ":"), sort_keys=True)
    return ""


def _is_our_apply(entry: Mapping[str, Any]) -> bool:
    return entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource")
