"""Reduces the metadata of live objects to what decisions need: the owner, and whether the object is as applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.names import APPLIED_ANNOTATION, FIELD_MANAGER

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey


@frozen
class Controller:
    """The owner reference of an object with `controller: true`: only this owner may change and delete it."""

    api_version: str
    kind: str
    name: str
    uid: str

    def __str__(self) -> str:
        """Kind and name. Includes the group unless it is built in: two CustomResourceDefinitions may share a kind."""
        group = self.api_version.rpartition("/")[0]
        is_kubernetes = "." not in group or group.endswith(".k8s.io")
        return f"{self.kind} {self.name}" if is_kubernetes else f"{self.kind}.{group} {self.name}"


@frozen
class FormerOwner:
    """The deleted custom resource that an object without a controller was created for."""

    kind: str
    name: str


class Owning(Protocol):
    """An existing custom resource that can own objects."""

    @property
    def kind(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def uid(self) -> str: ...


@frozen
class LiveObject:
    """The reduced metadata of a live object.

    applied: the value of our annotation. owned_fields: our `Apply` entry of managedFields as compact JSON. Both are
    kept only for objects with a controller, to save memory for all others.
    former_owner: set only for an orphan of ours.
    is_restored: it has our annotation, but no entry of ours: a restore dropped managedFields, or somebody cleared them.
    """

    uid: str
    resource_version: str
    controller: Controller | None = None
    former_owner: FormerOwner | None = None
    deleting: bool = False
    applied: str = ""
    owned_fields: str = ""
    is_restored: bool = False


@frozen
class Child:
    """A live object and its identity, as `ChildrenRef` returns it."""

    key: ObjectKey
    live: LiveObject


def reduce_metadata(metadata: Mapping[str, Any]) -> LiveObject:
    """The part of an object's `metadata` that decisions need."""
    controller = controller_of(metadata)
    ours = controller is not None
    return LiveObject(
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        controller=controller,
        former_owner=None if ours else _former_owner(metadata),
        deleting="deletionTimestamp" in metadata,
        applied=metadata.get("annotations", {}).get(APPLIED_ANNOTATION, "") if ours else "",
        owned_fields=_owned_fields(metadata) if ours else "",
        is_restored=_is_stamped(metadata) and not any(map(is_our_apply, metadata.get("managedFields") or ())),
    )


def is_ours(live: LiveObject, owner: Owning) -> bool:
    """Whether the object belongs to the custom resource: it is controlled by it, or an orphan of it."""
    if live.controller is not None:
        return live.controller.uid == owner.uid
    return live.former_owner == FormerOwner(owner.kind, owner.name)


def controller_of(metadata: Mapping[str, Any]) -> Controller | None:
    """The controller in an object's `metadata`."""
    for owner in metadata.get("ownerReferences") or ():
        if owner.get("controller"):
            return Controller(owner["apiVersion"], owner["kind"], owner["name"], owner["uid"])
    return None


def kept_entries(metadata: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The part of managedFields to keep in an object that is cached in full: our status, and our annotations.

    One annotation holds the commitments (`names.COMMITMENTS_ANNOTATION`). The entries are only valid together with the
    same version of the object: an older version would claim an annotation that someone has just changed.
    """
    kept: list[Mapping[str, Any]] = []
    for entry in metadata.get("managedFields") or ():
        if is_our_status_entry(entry):
            kept.append(entry)
        elif is_our_apply(entry):
            annotations = entry.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})
            kept.append({**entry, "fieldsV1": {"f:metadata": {"f:annotations": annotations}}})
    return kept


def owns_annotation(metadata: Mapping[str, Any], name: str) -> bool | None:
    """Whether an annotation is as we applied it; None if managedFields has no entry of ours (cleared, or a restore)."""
    ours = next((each for each in metadata.get("managedFields") or () if is_our_apply(each)), None)
    if ours is None:
        return None
    return f"f:{name}" in ours.get("fieldsV1", {}).get("f:metadata", {}).get("f:annotations", {})


def _former_owner(metadata: Mapping[str, Any]) -> FormerOwner | None:
    """The former owner, if the object has our five labels and was applied by us; the labels alone prove nothing."""
    labels = metadata.get("labels") or {}
    if labels.get(names.MANAGED_BY_LABEL) != FIELD_MANAGER or not _has_our_trace(metadata):
        return None
    name = labels.get(names.CLUSTER_LABEL, "")
    fixed = {names.CLUSTER_KIND: names.cluster_labels(name), names.BOX_KIND: names.box_labels(name)}
    return next((FormerOwner(kind, name) for kind, each in fixed.items() if each.items() <= labels.items()), None)


def _has_our_trace(metadata: Mapping[str, Any]) -> bool:
    """Whether we have applied the object. A restore keeps only the annotation, an orphaning deletion also the entry."""
    return _is_stamped(metadata) or any(map(is_our_apply, metadata.get("managedFields") or ()))


def _is_stamped(metadata: Mapping[str, Any]) -> bool:
    return bool((metadata.get("annotations") or {}).get(APPLIED_ANNOTATION))


def _owned_fields(metadata: Mapping[str, Any]) -> str:
    for entry in metadata.get("managedFields", ()):
        if is_our_apply(entry):
            return json.dumps(entry.get("fieldsV1", {}), separators=(",", ":"), sort_keys=True)
    return ""


def is_our_apply(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of managedFields is our apply of the object (not of its status)."""
    return entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" and not entry.get("subresource")


def is_our_status_entry(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of managedFields is about the status that we wrote."""
    return entry.get("manager") == FIELD_MANAGER and entry.get("subresource") == "status"
