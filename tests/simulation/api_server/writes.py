"""The verbs that change something."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.simulation.api_server import admission, validation
from tests.simulation.api_server.errors import already_exists, conflict, invalid, not_found
from tests.simulation.api_server.kinds import Kind
from tests.simulation.api_server.objects import Manager, Object, Stored, read_managers
from tests.simulation.api_server.ownership import Managers, Owned, applied, body_of, updated
from tests.simulation.api_server.storage import Place, Storage

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
Change = Callable[[Object], Object]


class Writer:
    """Writes to a storage. `clock` tells the seconds since EPOCH."""

    def __init__(self, storage: Storage, clock: Callable[[], float]) -> None:
        self._storage = storage
        self._clock = clock
        self._uids = itertools.count(1)

    def create(self, kind: Kind, namespace: str, body: Object, manager: str) -> Stored:
        """POST."""
        if self._storage.get(kind, namespace, body["metadata"]["name"]) is not None:
            raise already_exists(_name(kind, namespace, body["metadata"]["name"]))
        owner = Manager(manager, "Update", kind.resource.api_version)
        body = admission.defaulted(kind, admission.without_nulls(body))
        managers = self._updated(kind, Owned({}, {}), body, owner, "")
        return self._create(kind, (namespace, body["metadata"]["name"]), body, managers)

    def apply(
        self, kind: Kind, namespace: str, name: str, config: Object, *, manager: str, force: bool, subresource: str
    ) -> tuple[Stored, bool]:
        """Server-side apply; the object, and whether it was created."""
        live = self._storage.get(kind, namespace, name)
        identity = config["metadata"]
        if live is None:
            if subresource:
                raise not_found(_name(kind, namespace, name))
            if "uid" in identity:
                raise conflict(f"uid mismatch: there is no {_name(kind, namespace, name)}")
        elif identity.get("resourceVersion", str(live.version)) != str(live.version):
            raise conflict("the object has been modified; please apply your changes to the latest version")
        elif not subresource and identity.get("uid", live.uid) != live.uid:
            raise invalid("metadata.uid: field is immutable", "metadata.uid")
        owner = Manager(manager, "Apply", kind.resource.api_version, subresource)
        before = Owned(body_of(live.content, kind, subresource), _in(live, subresource)) if live else Owned({}, {})
        owned = applied(before, body_of(config, kind, subresource), kind, owner, force=force, now=self._now)
        if live is None:
            return self._create(kind, (namespace, name), {**config, **owned.body}, owned.managers), True
        return self._replace(kind, live, owned.body, owned.managers, subresource), False

    def update(self, kind: Kind, live: Stored, change: Change, *, manager: str, subresource: str) -> Stored:
        """PUT and the patches: the whole object becomes what `change` makes of it."""
        wanted = admission.without_nulls(change(live.as_dict()))
        metadata = wanted["metadata"]
        if metadata.get("resourceVersion", str(live.version)) != str(live.version):
            raise conflict("the object has been modified; please apply your changes to the latest version")
        if metadata.get("uid", live.uid) != live.uid:
            raise invalid("metadata.uid: field is immutable", "metadata.uid")
        managers = read_managers(metadata.get("managedFields") or []) if "managedFields" in metadata else live.managers
        owner = Manager(manager, "Update", kind.resource.api_version, subresource)
        wanted = admission.defaulted(kind, wanted)
        live_body = body_of(live.content, kind, subresource)
        mine = {each: fields for each, fields in managers.items() if each.subresource == subresource}
        managers = self._updated(kind, Owned(live_body, mine), wanted, owner, subresource) if managers else {}
        others = {each: fields for each, fields in live.managers.items() if each.subresource != subresource}
        forgotten = not managers and "managedFields" in metadata
        return self._replace(
            kind, live, body_of(wanted, kind, subresource), managers, subresource, {} if forgotten else others
        )

    def delete(self, kind: Kind, live: Stored) -> Stored:
        """DELETE: at once, or when the last finalizer has gone."""
        if not live.metadata.get("finalizers"):
            return self._storage.remove(kind, live)
        if "deletionTimestamp" in live.metadata:
            return live
        generation = live.metadata["generation"] + 1 if kind.has_generation else None
        return self._storage.put(kind, live.with_metadata(deletionTimestamp=self._now, generation=generation))

    @property
    def _now(self) -> str:
        return (EPOCH + timedelta(seconds=int(self._clock()))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _updated(self, kind: Kind, live: Owned, obj: Object, owner: Manager, subresource: str) -> Managers:
        if not kind.is_managed:
            return {}
        return updated(live, body_of(obj, kind, subresource), kind, owner, now=self._now).managers

    def _create(self, kind: Kind, place: Place, obj: Object, managers: Managers) -> Stored:
        obj = admission.defaulted(kind, {key: value for key, value in obj.items() if key != "status"})
        validation.check(kind, None, obj)
        metadata = {
            **{key: value for key, value in obj["metadata"].items() if key not in {"resourceVersion", "managedFields"}},
            "name": place[1],
            "namespace": place[0],
            "uid": f"00000000-0000-4000-8000-{next(self._uids):012d}",
            "creationTimestamp": self._now,
            **({"generation": 1} if kind.has_generation else {}),
        }
        identity = {"apiVersion": kind.resource.api_version, "kind": kind.resource.kind}
        return self._storage.put(kind, Stored({**identity, **obj, "metadata": metadata}, managers))

    def _replace(
        self,
        kind: Kind,
        live: Stored,
        body: Object,
        managers: Managers,
        subresource: str,
        others: Managers | None = None,
    ) -> Stored:
        content = admission.defaulted(kind, _with_body(live, body, kind, subresource))
        validation.check(kind, live.content, content)
        if others is None:
            others = {each: fields for each, fields in live.managers.items() if each.subresource != subresource}
        managers = {**managers, **others}
        same_fields = {each: managed.fields for each, managed in managers.items()} == {
            each: managed.fields for each, managed in live.managers.items()
        }
        if content == live.content and same_fields:
            return live
        now = Stored(content, managers)
        if kind.has_generation and not subresource and _intent(content) != _intent(live.content):
            now = now.with_metadata(generation=live.metadata["generation"] + 1)
        if "deletionTimestamp" in now.metadata and not now.metadata.get("finalizers"):
            self._storage.remove(kind, live)
            return now
        return self._storage.put(kind, now)


def _in(live: Stored, subresource: str) -> Managers:
    return {each: managed for each, managed in live.managers.items() if each.subresource == subresource}


def _with_body(live: Stored, body: Object, kind: Kind, subresource: str) -> Object:
    """The live object with what a write makes of the part that it is about."""
    if subresource:
        return {**{key: value for key, value in live.content.items() if key != "status"}, **body}
    mine = body_of(live.content, kind, "")
    kept = {key: value for key, value in live.content.items() if key not in mine}
    identity = {key: value for key, value in live.metadata.items() if key not in mine.get("metadata", {})}
    return copy.copy({**kept, **body, "metadata": {**identity, **body.get("metadata", {})}})


def _intent(content: Mapping[str, Any]) -> Object:
    return {key: value for key, value in content.items() if key not in {"metadata", "status"}}


def _name(kind: Kind, namespace: str, name: str) -> str:
    return f'{kind.resource.plural} "{namespace}/{name}"'
