"""Who manages what after a write: `applied` for a server-side apply, `updated` for all others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from natsop_core.kinds import CLAIMS
from tests.simulation.api_server.errors import Refusal
from tests.simulation.api_server.fields import Difference, Fields, difference, fields_of
from tests.simulation.api_server.kinds import Kind
from tests.simulation.api_server.merge import merged, pruned
from tests.simulation.api_server.objects import Managed, Manager, Object

Managers = dict[Manager, Managed]

BEFORE_FIRST_APPLY: Final = "before-first-apply"
"""Who owns what there was when somebody applies to an object without managedFields."""

_UNOWNED: Final = frozenset(
    (
        *("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"),
        *("deletionTimestamp", "deletionGracePeriodSeconds"),
    )
)


@dataclass(frozen=True, slots=True)
class Owned:
    """An object's fields that can be owned, and by whom."""

    body: Object
    managers: Managers


def body_of(obj: Mapping[str, Any], kind: Kind, subresource: str) -> Object:
    """The part of an object that a request through this door is about."""
    if subresource:
        return {"status": obj["status"]} if "status" in obj else {}
    metadata = {key: value for key, value in obj.get("metadata", {}).items() if key not in _UNOWNED}
    hidden = {"apiVersion", "kind", "metadata", *(("status",) if kind.has_status else ())}
    body = {key: value for key, value in obj.items() if key not in hidden}
    return {**body, "metadata": metadata} if metadata else body


def applied(live: Owned, config: Object, kind: Kind, manager: Manager, *, force: bool, now: str) -> Owned:
    """The result of a server-side apply; a refusal when it takes from others what it may not."""
    if not live.managers:
        first = Manager(BEFORE_FIRST_APPLY, "Update", manager.api_version)
        live = updated(Owned({}, {}), live.body, kind, first, now=now)
    last = live.managers[manager].fields if manager in live.managers else frozenset()
    fields = fields_of(config, kind.schema)
    managers: Managers = {**live.managers, manager: Managed(fields, now)}
    body: Object = merged(live.body, config, kind.schema)
    if last:
        body = pruned(body, kind.schema, last=last, managed=[each.fields for each in managers.values()])
    change = difference(live.body, body, kind.schema)
    conflicts = _conflicts(managers, manager, change)
    if conflicts and not force:
        raise _conflict(conflicts)
    return Owned(body, _without_lost(managers, manager, change))


def updated(live: Owned, body: Object, kind: Kind, manager: Manager, *, now: str) -> Owned:
    """The result of a write that says what the whole object is to be."""
    change = difference(live.body or _nothing(kind, manager.subresource), body, kind.schema)
    managers = _without_lost(live.managers, manager, change)
    before = managers[manager].fields if manager in managers else frozenset()
    fields = frozenset((before - change.removed) | change.modified | change.added) - {("f:metadata",)}
    if fields != before or change.added or change.modified or change.removed:
        managers[manager] = Managed(fields, now)
    return Owned(body, {each: managed for each, managed in managers.items() if managed.fields})


def _nothing(kind: Kind, subresource: str) -> Object:
    """An object without content: Go's structs are always there, and nobody owns them."""
    if kind.is_custom:
        return {"metadata": {}}
    if subresource:
        return {"status": {}}
    return {"metadata": {}, "spec": {"resources": {}} if kind.resource == CLAIMS else {}}


def _conflicts(managers: Managers, manager: Manager, change: Difference) -> dict[Manager, Fields]:
    written = change.modified | change.added
    found = {each: managed.fields & written for each, managed in managers.items() if each != manager}
    return {each: fields for each, fields in found.items() if fields}


def _without_lost(managers: Managers, manager: Manager, change: Difference) -> Managers:
    """The managers, but the others without what was written or removed; who owns nothing any more is left out."""
    lost = change.modified | change.added | change.removed
    kept = {
        each: managed if each == manager or not managed.fields & lost else Managed(managed.fields - lost, managed.time)
        for each, managed in managers.items()
    }
    return {each: managed for each, managed in kept.items() if managed.fields}


def _conflict(conflicts: Mapping[Manager, Fields]) -> Refusal:
    who = ", ".join(sorted(manager.name for manager in conflicts))
    fields = sorted(".".join(path) for fields in conflicts.values() for path in fields)
    return Refusal(409, "Conflict", f"Apply failed with {len(fields)} conflicts with {who}: {fields[:3]}")
