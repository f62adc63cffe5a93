"""The state of a cluster, so that it can be compared with that of another, which got there by another way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import CLAIMS, PODS, STATEFUL_SETS
from natsop_core.names import APPLIED_ANNOTATION, COMMITMENTS_ANNOTATION, FIELD_MANAGER
from tests.simulation.api_server.fields import Fields, parts, written
from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES, Kind, kind_of
from tests.simulation.api_server.objects import Object, Stored

if TYPE_CHECKING:
    from tests.simulation.api_server.storage import Storage

_VOLATILE: Final = ("uid", "resourceVersion", "creationTimestamp", "generation")

Picture = dict[str, Any]

OTHERS: Final = "somebody else's"
"""What an object is seen as that no custom resource controls."""


def picture(storage: Storage) -> Picture:
    """All objects but pods by their names: of people's all, of children what the operator wants, and all statuses."""
    objects = [
        (kind, stored)
        for kind in storage.kinds()
        if kind.resource not in (EVENTS, LEASES, PODS)
        for stored in storage.all(kind)
        if kind.resource != CLAIMS or _is_claimed(stored, storage)
    ]
    names = {stored.uid: f"<uid of {_name(kind, stored)}>" for kind, stored in objects}
    ours = {stored.uid for kind, stored in objects if kind.resource in CUSTOM}
    return {_name(kind, stored): _renamed(_seen(kind, stored, ours), names) for kind, stored in objects}


def differences(found: Any, wanted: Any, path: str = "") -> list[str]:
    """Where two values differ, for people."""
    if isinstance(found, Mapping) and isinstance(wanted, Mapping):
        keys = sorted({*found, *wanted})
        return [line for key in keys for line in differences(found.get(key), wanted.get(key), f"{path}/{key}")]
    return [] if found == wanted else [f"{path}: {found!r} instead of {wanted!r}"]


def _is_claimed(claim: Stored, storage: Storage) -> bool:
    """Whether it is a server's: a stray scale leaves others behind, and people who turn JetStream off all of them."""
    volume_and_name, _, ordinal = claim.metadata["name"].rpartition("-")
    volume, _, name = volume_and_name.partition("-")
    live = storage.get(kind_of(STATEFUL_SETS), claim.metadata["namespace"], name)
    spec = live.content["spec"] if live else {}
    templates = [each["metadata"]["name"] for each in spec.get("volumeClaimTemplates", ())]
    return volume in templates and int(ordinal) < spec["replicas"]


def _seen(kind: Kind, stored: Stored, custom_resources: set[str]) -> Object:
    if kind.resource == CLAIMS:
        return {"says": stored.metadata.get("annotations", {}).get(COMMITMENTS_ANNOTATION)}
    if kind.resource in CUSTOM:
        return {"spec": stored.content["spec"], "status": _status(stored)}
    if stored.controller_uid in custom_resources:
        return _child(kind, stored)
    metadata = {key: value for key, value in stored.metadata.items() if key not in _VOLATILE}
    return {OTHERS: {**stored.content, "metadata": metadata, "status": None}}


def _status(stored: Stored) -> Object:
    status = dict(stored.content.get("status") or {"is not there": True})
    generation = stored.metadata["generation"]
    conditions = {each["type"]: _condition(each, generation) for each in status.pop("conditions", ())}
    return {**status, "observedGeneration": _age(status, generation), "conditions": conditions}


def _condition(condition: Mapping[str, Any], generation: int) -> Object:
    kept = {key: value for key, value in condition.items() if key != "lastTransitionTime"}
    return {**kept, "observedGeneration": _age(kept, generation)}


def _age(of: Mapping[str, Any], generation: int) -> str:
    return "current" if of.get("observedGeneration") == generation else f"{of.get('observedGeneration')}, not current"


def _child(kind: Kind, stored: Stored) -> Object:
    """What is ours of a child: which fields, and their values. What others have added to it is their business."""
    managed = [fields for manager, fields in stored.managers.items() if manager[:2] == (FIELD_MANAGER, "Apply")]
    fields: Fields = managed[0].fields if managed else frozenset()
    content = {**stored.content, "metadata": _without_hash(stored.metadata)}
    return {"owned": json.loads(written(fields)), "values": _values(content, kind, fields)}


def _without_hash(metadata: Mapping[str, Any]) -> Object:
    """The metadata without the hash of a manifest with a UID in it."""
    annotations = {key: value for key, value in metadata.get("annotations", {}).items() if key != APPLIED_ANNOTATION}
    return {**metadata, "annotations": annotations}


def _values(content: Object, kind: Kind, fields: Fields) -> Object:
    found = {}
    for path in sorted(fields):
        value, schema = content, kind.schema
        for part in path:
            below = parts(value, schema) or {}
            value, schema = below.get(part, (None, {}))
        if not isinstance(value, dict) or not value or schema.get("x-kubernetes-map-type") == "atomic":
            found["/".join(path)] = value
    return found


def _renamed(value: Object, names: Mapping[str, str]) -> Object:
    text = json.dumps(value)
    for uid, name in names.items():
        text = text.replace(uid, name)
    renamed: Object = json.loads(text)
    return renamed


def _name(kind: Kind, stored: Stored) -> str:
    return f"{kind.resource.kind} {stored.metadata['namespace']}/{stored.metadata['name']}"
