"""Drift: is a live object still what we applied, and if not, which request puts it right without touching a stranger's?

An object is left alone when the hash in its `nats.crewlet.cloud/applied` annotation is that of what we would apply
*and* each field of that is still in our `Apply` entry of its managedFields: whoever changes or removes a value of ours
takes its ownership away. Both stand in the object's metadata, so the rule holds across restarts of the operator and
never needs a Secret's value.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.field_set import field_set, paths_beyond
from natsop_core.live import controller_of, is_our_status_entry, is_ours
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Taken, Unchanged

if TYPE_CHECKING:
    from natsop_core.live import LiveObject

Manifest = Mapping[str, Any]

_NO_OBJECT_HAS_THIS_VERSION: Final = "1"
"""etcd's revision 1 precedes its first write, so an apply with this resourceVersion creates or conflicts, but never
merges into an object that somebody made meanwhile (the API server treats a version on an absent object as no guard)."""

_COMPACT: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


@dataclass(frozen=True, slots=True)
class ApplyRequest:
    """A server-side apply as it goes over the wire.

    force: take back fields that others changed. adopts: the object is an orphan of ours, which the apply takes back.
    """

    body: Manifest = field(repr=False)
    force: bool
    adopts: bool = False


def stamped(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the annotation that says what was applied: the hash of the manifest without it."""
    digest = hashlib.sha256(_COMPACT.encode(manifest).encode()).hexdigest()
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), APPLIED_ANNOTATION: digest[:32]}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def next_request(manifest: Manifest, live: LiveObject | None) -> ApplyRequest | Unchanged | Taken:
    """What an apply of this stamped manifest takes, given what is known of the object under its name."""
    if live is None:
        return ApplyRequest(_with_metadata(manifest, resourceVersion=_NO_OBJECT_HAS_THIS_VERSION), force=False)
    owner = controller_of(manifest["metadata"])
    if owner is None or not is_ours(live, owner):
        return Taken(live.controller)
    if live.controller is not None and is_as_applied(manifest, live):
        return Unchanged()
    return ApplyRequest(_with_metadata(manifest, uid=live.uid), force=True, adopts=live.controller is None)


def is_as_applied(manifest: Manifest, live: LiveObject) -> bool:
    """Whether nothing that this stamped manifest says has been changed or taken over by anybody since."""
    annotations = manifest["metadata"]["annotations"]
    if live.applied != annotations[APPLIED_ANNOTATION] or not live.owned_fields:
        return False
    return not any(paths_beyond(field_set(manifest), json.loads(live.owned_fields)))


def will_be_observed(workload: Manifest) -> bool:
    """Whether its controller has yet to see what was just applied to it; it will, and we shall be told of that."""
    observed: int = workload.get("status", {}).get("observedGeneration", 0)
    generation: int = workload["metadata"].get("generation", 0)
    return observed < generation


def is_reported(status: Manifest, custom_resource: Manifest) -> bool:
    """Whether a custom resource's status says all that, and of ours nothing else, whatever others have added to it."""
    live = custom_resource.get("status") or {}
    conditions = {each.get("type"): each for each in live.get("conditions") or ()}
    said = all(conditions.get(each["type"]) == each for each in status.get("conditions", ())) and all(
        live.get(field) == value for field, value in status.items() if field != "conditions"
    )
    return said and not _stale(status, custom_resource)


def _stale(status: Manifest, custom_resource: Manifest) -> bool:
    """Whether we still own a field or condition that is not reported any more."""
    entries = custom_resource["metadata"].get("managedFields", ())
    ours: Manifest = next((each["fieldsV1"].get("f:status", {}) for each in entries if is_our_status_entry(each)), {})
    fields = {f"f:{field}" for field in status}
    types = {json.dumps({"type": each["type"]}, separators=(",", ":")) for each in status.get("conditions", ())}
    owned_types = {key.removeprefix("k:") for key in ours.get("f:conditions", {}) if key.startswith("k:")}
    return not ours.keys() <= fields or not owned_types <= types


def _with_metadata(manifest: Manifest, **fields: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], **fields}}
