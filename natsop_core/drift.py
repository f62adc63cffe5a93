"""Detects drift: whether a live object is still as applied, and which request repairs it.

An object is unchanged if the hash in its annotation `nats.crewlet.cloud/applied` equals the hash of the manifest *and*
each field of the manifest is still in the operator's `Apply` entry of its managedFields: changing or removing a value
takes its ownership away. Both are in the object's metadata, so this works across restarts of the operator and needs no
value of a Secret.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen
from natsop_core.kubernetes.field_set import field_set, paths_beyond
from natsop_core.live import controller_of, is_our_status_entry, is_ours
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Taken, Unchanged

if TYPE_CHECKING:
    from natsop_core.live import LiveObject

Manifest = Mapping[str, Any]

_NO_OBJECT_HAS_THIS_VERSION: Final = "1"
"""etcd's revision 1 is before its first write. So an apply with this resourceVersion creates the object or fails with a
conflict, and never merges into an object that was created in between (for an absent object, the API server ignores the
version)."""

_COMPACT: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


@frozen
class ApplyRequest:
    """A server-side apply request.

    force: take back fields that others changed. adopts: the object is an orphan, which the apply adopts.
    reclaims: the object was restored from a backup, so that its fields must become ours first, see `ownership.reclaim`.
    """

    body: Manifest = field(repr=False)
    force: bool
    adopts: bool = False
    reclaims: bool = False


def stamped(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the annotation that holds its hash."""
    digest = hashlib.sha256(_COMPACT.encode(manifest).encode()).hexdigest()
    metadata = manifest["metadata"]
    annotations = {**metadata.get("annotations", {}), APPLIED_ANNOTATION: digest[:32]}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


def next_request(manifest: Manifest, live: LiveObject | None) -> ApplyRequest | Unchanged | Taken:
    """The request that applies this stamped manifest, given the live object with its name, or why none is sent."""
    if live is None:
        return ApplyRequest(_with_metadata(manifest, resourceVersion=_NO_OBJECT_HAS_THIS_VERSION), force=False)
    owner = controller_of(manifest["metadata"])
    if owner is None or not is_ours(live, owner):
        return Taken(live.controller)
    if live.controller is not None and is_as_applied(manifest, live):
        return Unchanged()
    body = _with_metadata(manifest, uid=live.uid)
    return ApplyRequest(body, force=True, adopts=live.controller is None, reclaims=live.is_restored)


def is_as_applied(manifest: Manifest, live: LiveObject) -> bool:
    """Whether no field of this stamped manifest was changed or taken over since it was applied."""
    annotations = manifest["metadata"]["annotations"]
    if live.applied != annotations[APPLIED_ANNOTATION] or not live.owned_fields:
        return False
    return not any(paths_beyond(field_set(manifest), json.loads(live.owned_fields)))


def will_be_observed(workload: Manifest) -> bool:
    """Whether its controller has not processed the latest generation yet. It will, and a watch event follows."""
    observed: int = workload.get("status", {}).get("observedGeneration", 0)
    generation: int = workload["metadata"].get("generation", 0)
    return observed < generation


def is_reported(status: Manifest, custom_resource: Manifest) -> bool:
    """Whether a custom resource's status has these values and no other values of ours. Fields of others are ignored."""
    live = custom_resource.get("status") or {}
    conditions = {each.get("type"): each for each in live.get("conditions") or ()}
    said = all(conditions.get(each["type"]) == each for each in status.get("conditions", ())) and all(
        live.get(field) == value for field, value in status.items() if field != "conditions"
    )
    return said and not _stale(status, custom_resource)


def _stale(status: Manifest, custom_resource: Manifest) -> bool:
    """Whether we still own a field or condition that is no longer reported."""
    entries = custom_resource["metadata"].get("managedFields", ())
    ours: Manifest = next((each["fieldsV1"].get("f:status", {}) for each in entries if is_our_status_entry(each)), {})
    fields = {f"f:{field}" for field in status}
    types = {json.dumps({"type": each["type"]}, separators=(",", ":")) for each in status.get("conditions", ())}
    owned_types = {key.removeprefix("k:") for key in ours.get("f:conditions", {}) if key.startswith("k:")}
    return not ours.keys() <= fields or not owned_types <= types


def _with_metadata(manifest: Manifest, **fields: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], **fields}}
