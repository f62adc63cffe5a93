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


def _controller(metadata: Mapping[str, Any]) -> Controller | None:
    for owner in metadata.get("ownerReferences", ()):
        if owner.get("controller"):
            return Controller(owner["apiVersion"], owner["kind"], owner["name"], owner["uid"])
    return None


def _owned_fields(metadata: Mapping[str, Any]) -> str:
    for entry in metadata.get("managedFields", ()):
        if entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return json.dumps(entry.get("fieldsV1", {}), separators=(",", ":"), sort_keys=True)
    return ""
