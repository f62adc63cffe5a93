"""All that is watched, and what can be looked up in it without asking the API server.

- custom resources, in full;
- of every kind that we create, all objects' metadata, ours or not: a name that a stranger holds must be seen; of the
  kinds that others have to install likewise, from when one is asked for and found to be there;
- of the kinds whose status matters, those with our label in full.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeVar

from natsop_core import kinds
from natsop_core.live import Child, LiveObject
from natsop_core.names import FIELD_MANAGER
from natsop_runtime.discovery import Discovery
from natsop_runtime.kube import Kube, Selection
from natsop_runtime.reflector import Reflector
from natsop_runtime.store import IN_FULL, METADATA, Changed, Keep, Store

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ApiGroupRef, ChildrenRef, ObjectKey

T = TypeVar("T")
Object = dict[str, Any]
Kind = tuple[str, str]

OPTIONAL: Final = {kind.reference: kind for kind in kinds.OPTIONAL}

TO_SYNC: Final = 10.0
"""Seconds that the first list of an optional kind may take until we go on without it."""

OURS: Final = f"app.kubernetes.io/managed-by={FIELD_MANAGER}"


log = logging.getLogger(__name__)


class Change(NamedTuple):
    """An object and the version that it has now; empty when it is gone."""

    key: ObjectKey
    version: str


class Wake(Protocol):
    """Told of each change, and of the custom resources that control the object or are it."""

    def __call__(self, change: Change, concerned: Iterable[ObjectKey]) -> None: ...


class Stores:
    """The stores, their reflectors, and an index of children by the UID of the custom resource that controls them."""

    def __init__(self, kube: Kube, custom: Iterable[ApiResource], wake: Wake) -> None:
        self._kube = kube
        self._wake = wake
        self._discovery = Discovery(kube)
        self._tasks = asyncio.TaskGroup()
        self._reflectors: list[Reflector[Any]] = []
        self._optional: dict[Kind, tuple[Reflector[LiveObject], asyncio.Task[None]]] = {}
        self._children: defaultdict[str, set[ObjectKey]] = defaultdict(set)
        self._custom_kinds = {(resource.group, resource.kind): resource for resource in custom}
        self._custom = self._watched(self._custom_kinds.values(), IN_FULL, self._custom_changed)
        self._metadata = self._watched(kinds.CREATED, METADATA, self._metadata_changed, metadata_only=True)
        self._full = self._watched(kinds.WATCHED_IN_FULL, IN_FULL, self._full_changed, labels=OURS)

    @property
    def selections(self) -> Iterable[Selection]:
        """What is listed and watched."""
        return (reflector.selection for reflector in self._reflectors)

    async def run(self) -> None:
        """Keep all stores up to date until cancelled."""
        async with self._tasks:
            for reflector in self._reflectors:
                self._tasks.create_task(reflector.run())

    async def synced(self) -> None:
        """Wait until everything has been listed once."""
        for reflector in self._reflectors:
            await reflector.synced.wait()

    async def serves(self, reference: ApiGroupRef) -> bool:
        """Whether an optional kind is served. From then on, and until it is not, its objects are known here."""
        resource = OPTIONAL[reference]
        if not await self._discovery.serves(resource):
            self._stop_watching(resource)
            return False
        reflector = self._start_watching(resource)
        try:
            async with asyncio.timeout(TO_SYNC):
                await reflector.synced.wait()
        except TimeoutError:
            log.warning("going on without %s.%s, which cannot be listed", resource.plural, resource.group)
            return False
        return True

    def custom_resource(self, key: ObjectKey) -> Object | None:
        """The custom resource, or None when it does not exist."""
        return self._custom[_kind(key)].get(key)

    def is_custom(self, key: ObjectKey) -> bool:
        """Whether the key is that of a custom resource."""
        return _kind(key) in self._custom

    def live(self, key: ObjectKey) -> LiveObject | None:
        """What is kept of an object of a kind that we create, or None when it does not exist."""
        store = self._metadata.get(_kind(key))
        return store.get(key) if store else None

    def is_watched_as_metadata(self, key: ObjectKey) -> bool:
        """Whether `live` knows the kind."""
        return _kind(key) in self._metadata

    def is_watched_in_full(self, key: ObjectKey) -> bool:
        """Whether `in_full` knows the kind."""
        return _kind(key) in self._full

    def in_full(self, key: ObjectKey) -> Object | None:
        """The object, when it is of a kind that is watched in full and carries our label."""
        store = self._full.get(_kind(key))
        return store.get(key) if store else None

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """The objects that the custom resource with this UID controls."""
        keys = self._children.get(reference.owner_uid, ())
        return tuple(Child(key, live) for key in keys if (live := self.live(key)) is not None)

    def written(self, key: ObjectKey, obj: Object) -> Change:
        """Take in the answer to a write of our own at once: no decision is made on what was there before."""
        change = Change(key, obj["metadata"]["resourceVersion"])
        for stores in (self._metadata, self._full, self._custom):  # the metadata first: the others drop managedFields
            if (store := stores.get(_kind(key))) is not None:
                store.written(obj)
        return change

    def _watched(
        self,
        resources: Iterable[ApiResource],
        keep: Keep[T],
        changed: Changed[T],
        *,
        labels: str = "",
        metadata_only: bool = False,
    ) -> dict[Kind, Store[T]]:
        stores = {}
        for resource in resources:
            store = Store(resource, keep, changed)
            selection = Selection(resource, labels=labels, metadata_only=metadata_only)
            self._reflectors.append(Reflector(self._kube, selection, store))
            stores[resource.api_version, resource.kind] = store
        return stores

    def _start_watching(self, resource: ApiResource) -> Reflector[LiveObject]:
        kind = resource.api_version, resource.kind
        if kind not in self._optional:
            store = self._metadata[kind] = Store(resource, METADATA, self._metadata_changed)
            reflector = Reflector(self._kube, Selection(resource, metadata_only=True), store)
            self._optional[kind] = reflector, self._tasks.create_task(reflector.run())
        return self._optional[kind][0]

    def _stop_watching(self, resource: ApiResource) -> None:
        kind = resource.api_version, resource.kind
        if kind in self._optional:
            self._optional.pop(kind)[1].cancel()
            self._metadata.pop(kind).clear()

    def _custom_changed(self, key: ObjectKey, _old: Object | None, new: Object | None) -> None:
        self._wake(_change(key, new), (key,))

    def _full_changed(self, key: ObjectKey, _old: Object | None, new: Object | None) -> None:
        self._wake(_change(key, new), ())

    def _metadata_changed(self, key: ObjectKey, old: LiveObject | None, new: LiveObject | None) -> None:
        owners = []
        if old is not None and (owner := self._owner(key, old)) is not None:
            owners.append(owner)
            self._children[_controller_uid(old)].discard(key)
            if not self._children[_controller_uid(old)]:
                del self._children[_controller_uid(old)]
        if new is not None and (owner := self._owner(key, new)) is not None:
            owners.append(owner)
            self._children[_controller_uid(new)].add(key)
        if not self._is_told_in_full(key, old, new):
            self._wake(Change(key, new.resource_version if new else ""), owners)

    def _owner(self, key: ObjectKey, live: LiveObject) -> ObjectKey | None:
        """The custom resource that controls the object, if one does, whatever its UID."""
        if live.controller is None:
            return None
        group = live.controller.api_version.rpartition("/")[0]
        resource = self._custom_kinds.get((group, live.controller.kind))
        return resource.key(key.namespace, live.controller.name) if resource else None

    def _is_told_in_full(self, key: ObjectKey, old: LiveObject | None, new: LiveObject | None) -> bool:
        """Whether the change is only one that the store of full objects tells of, too: a new status, mostly."""
        if old is None or new is None or self.in_full(key) is None:
            return False
        return replace(old, resource_version=new.resource_version) == new


def _kind(key: ObjectKey) -> Kind:
    return key.api_version, key.kind


def _change(key: ObjectKey, new: Object | None) -> Change:
    return Change(key, new["metadata"]["resourceVersion"] if new else "")


def _controller_uid(live: LiveObject) -> str:
    return live.controller.uid if live.controller else ""
