"""All informers, and what can be looked up in them without a request.

- custom resources, in full;
- of every kind that we create, all objects' metadata, ours or not: a name that a stranger holds must be seen; of the
  kinds that others have to install likewise, from when one is asked for and found to be there;
- of the kinds whose status matters, those with our label in full.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from natsop_core import kinds
from natsop_core.live import Child, LiveObject
from natsop_core.names import FIELD_MANAGER, MANAGED_BY_LABEL
from natsop_core.references import ApiGroupRef, LabelledRef
from natsop_runtime.cache.informer import EVERYWHERE, Informer
from natsop_runtime.cache.optional_kinds import OptionalKinds
from natsop_runtime.cache.outages import Outages
from natsop_runtime.cache.store import IN_FULL, METADATA, Changed, Whole

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ChildrenRef, ObjectKey
    from natsop_runtime.api_server.errors import ApiError
    from natsop_runtime.api_server.kube import Kube, Selection

Object = dict[str, Any]
Kind = tuple[str, str]

OURS: Final = f"{MANAGED_BY_LABEL}={FIELD_MANAGER}"


class Change(NamedTuple):
    """An object and its new version, empty when it was deleted; or a kind, and whether it is served."""

    key: ObjectKey | ApiGroupRef
    version: str

    def __str__(self) -> str:
        if isinstance(self.key, ApiGroupRef):
            return f"whether {self.key.kind} of {self.key.api_version} is served"
        return f"{self.key} at version {self.version}" if self.version else f"{self.key} is gone"


Enqueue = Callable[[Change, Iterable["ObjectKey"], Iterable[LabelledRef]], None]
"""Told of each change, of the custom resources that control the object or are it, and of labels it has or had."""


class Informers:
    """The stores, their reflectors, and an index of children by the UID of the custom resource that controls them.

    namespaces: the only ones to watch; empty means all.
    is_wanted: whether a custom resource refers to an optional kind. restarted: told of each watch that begins anew.
    custom_resource_changed: called with the JSON of each that changes, and with None when it is gone.
    object_changed: called with each object that changes of the kinds that we create.

    Changes in a namespace are passed on once all kinds have been listed in it: until then, objects may be missing.
    """

    def __init__(
        self,
        kube: Kube,
        custom: Iterable[ApiResource],
        enqueue: Enqueue,
        *,
        namespaces: Sequence[str] = (),
        is_wanted: Callable[[ApiGroupRef], bool] = lambda _reference: False,
        custom_resource_changed: Callable[[ObjectKey, bytes | None], None] = lambda _key, _json: None,
        object_changed: Changed[LiveObject] = lambda _key, _old, _new: None,
        restarted: Callable[[str], None] = lambda _plural: None,
    ) -> None:
        self._kube = kube
        self._enqueue = enqueue
        self._namespaces = tuple(namespaces)
        self._unlisted = set(self._namespaces or (EVERYWHERE,))
        self.outages = Outages()
        self._custom_resource_changed = custom_resource_changed
        self._object_changed = object_changed
        self._restarted = restarted
        self._tasks = asyncio.TaskGroup()
        self._optional_tasks: dict[Kind, asyncio.Task[None]] = {}
        self.optional_kinds = OptionalKinds(kube, self, is_wanted=is_wanted, changed=self._kind_changed)
        self._children: defaultdict[str, set[ObjectKey]] = defaultdict(set)
        self._labelled: defaultdict[LabelledRef, set[ObjectKey]] = defaultdict(set)
        self._custom_kinds = {(resource.group, resource.kind): resource for resource in custom}
        self._custom = {_kind(each): self._custom_resources(each) for each in self._custom_kinds.values()}
        self._metadata = {_kind(each): self._metadata_of(each) for each in kinds.CREATED}
        self._full = {_kind(each): self._objects_of_ours(each) for each in kinds.WATCHED_IN_FULL}

    @property
    def selections(self) -> Iterable[Selection]:
        """What is listed and watched."""
        return (selection for watched in self._all for selection in watched.selections)

    @property
    def unsynced(self) -> Iterable[str]:
        """The kinds that have not been listed yet, except optional ones and those that we may not list."""
        return sorted(
            {selection.resource.plural for each in self._all if not each.is_known for selection in each.selections}
        )

    def is_listed(self, namespace: str) -> bool:
        """Whether all kinds have been listed there."""
        return self._unlisted.isdisjoint((namespace, EVERYWHERE))

    def silent_for(self) -> Mapping[str, float]:
        """Seconds since each resource's watches last delivered something; of several, since that of the oldest."""
        informers: tuple[Informer[Any], ...] = (*self._all, *(self._metadata[kind] for kind in self._optional_tasks))
        silences: dict[str, float] = {}
        for informer in informers:
            silences[informer.plural] = max(silences.get(informer.plural, 0.0), informer.silent_for)
        return silences

    def served(self) -> Mapping[str, bool]:
        """Whether everything in each configured namespace is up to date."""
        return {each: all(watched.is_current(each) for watched in self._all) for each in self._namespaces}

    async def run(self) -> None:
        """Keep all stores up to date until cancelled."""
        async with self._tasks:
            for watched in self._all:
                self._tasks.create_task(watched.run())
            self._tasks.create_task(self.optional_kinds.run())

    async def synced(self) -> None:
        """Wait until everything that we may list has been listed once."""
        for watched in tuple(self._all):
            await watched.known()

    def start_watching(self, resource: ApiResource) -> None:
        """Start to watch the metadata of an optional kind."""
        kind = _kind(resource)
        if kind not in self._optional_tasks:
            watched = self._metadata[kind] = self._metadata_of(resource)
            self._optional_tasks[kind] = self._tasks.create_task(watched.run())

    def stop_watching(self, resource: ApiResource) -> None:
        """Forget the objects of an optional kind."""
        kind = _kind(resource)
        if kind in self._optional_tasks:
            self._optional_tasks.pop(kind).cancel()
            stopped = self._metadata.pop(kind)
            stopped.clear()
            self.outages.forget(stopped.selections)

    async def known(self, resource: ApiResource) -> None:
        """Wait until all objects of an optional kind that is watched have been listed."""
        await self._metadata[_kind(resource)].known()

    def custom_resource_versions(self) -> Iterator[tuple[ObjectKey, str]]:
        """Their keys and resource versions."""
        for watched in self._custom.values():
            yield from ((key, whole.version) for key, whole in watched.items())

    def live(self, key: ObjectKey) -> LiveObject | None:
        """What is kept of an object of a kind that we create, or None when it does not exist."""
        watched = self._metadata.get(_kind(key))
        return watched.get(key) if watched else None

    def is_missing(self, key: ObjectKey) -> bool:
        """Whether the object does not exist, by the metadata that is watched.

        A pod without our label counts as missing, and so does a custom resource whose kind is no longer served.
        """
        watched = self._metadata.get(_kind(key))
        return watched is None or watched.is_missing(key)

    def is_watched_in_full(self, key: ObjectKey) -> bool:
        """Whether `in_full` knows the kind."""
        return _kind(key) in self._full

    def in_full(self, key: ObjectKey) -> Object | None:
        """The object, when it is a custom resource, or of a kind that is watched in full and carries our label."""
        watched = self._custom.get(_kind(key)) or self._full.get(_kind(key))
        found = watched.get(key) if watched else None
        return found.unpacked() if found else None

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """The objects that the custom resource with this UID controls."""
        keys = sorted(self._children.get(reference.owner_uid, ()))  # the same plan every time
        here = (key for key in keys if key.namespace == reference.namespace)  # an owner elsewhere is none
        return tuple(Child(key, live) for key in here if (live := self.live(key)) is not None)

    def labelled(self, reference: LabelledRef) -> tuple[Whole, ...]:
        """The objects with this label, of a kind that is watched in full; packed, as there may be thousands."""
        watched = self._full[reference.api_version, reference.kind]
        found = (watched.get(key) for key in sorted(self._labelled.get(reference, ())))
        return tuple(each for each in found if each is not None)

    def written(self, key: ObjectKey, obj: Object) -> Change:
        """Store the answer to our own write at once, so that no decision uses the earlier state."""
        change = Change(key, obj["metadata"]["resourceVersion"])
        for stores in (self._metadata, self._full, self._custom):  # the metadata first: the others drop managedFields
            if (watched := stores.get(_kind(key))) is not None:
                watched.written(obj)
        return change

    @property
    def _all(self) -> Iterable[Informer[Any]]:
        """All that is watched from the start."""
        metadata = (self._metadata[_kind(each)] for each in kinds.CREATED)
        return (*self._custom.values(), *metadata, *self._full.values())

    def _custom_resources(self, resource: ApiResource) -> Informer[Whole]:
        return Informer(self._kube, resource, IN_FULL, self._custom_changed, self, namespaces=self._namespaces)

    def _metadata_of(self, resource: ApiResource) -> Informer[LiveObject]:
        namespaces, changed = self._namespaces, self._metadata_changed
        return Informer(self._kube, resource, METADATA, changed, self, namespaces=namespaces, metadata_only=True)

    def _objects_of_ours(self, resource: ApiResource) -> Informer[Whole]:
        namespaces, changed = self._namespaces, self._full_changed
        return Informer(self._kube, resource, IN_FULL, changed, self, namespaces=namespaces, labels=OURS)

    def listed(self, selection: Selection) -> None:
        """A kind has been listed in a namespace. After the last of them, what is there can be worked on."""
        namespace = selection.namespace
        if namespace not in self._unlisted or not all(watched.is_synced(namespace) for watched in self._all):
            return
        self._unlisted.discard(namespace)
        for key, version in self.custom_resource_versions():
            if namespace in (EVERYWHERE, key.namespace):
                self._enqueue(Change(key, version), (key,), ())

    def works(self, selection: Selection) -> None:
        """A watch works, for the first time or again."""
        self.outages.works(selection)

    def fails(self, selection: Selection, error: ApiError) -> None:
        """A watch has failed."""
        self.outages.fails(selection, error)

    def restarts(self, selection: Selection) -> None:
        """A watch is taken up again."""
        self._restarted(selection.resource.plural)

    def _kind_changed(self, reference: ApiGroupRef) -> None:
        self._enqueue(Change(reference, ""), (), ())

    def _custom_changed(self, key: ObjectKey, _old: Whole | None, new: Whole | None) -> None:
        self._custom_resource_changed(key, new.json if new else None)
        self._enqueue(Change(key, new.version if new else ""), (key,), ())

    def _full_changed(self, key: ObjectKey, old: Whole | None, new: Whole | None) -> None:
        before, after = _labels(key, old), _labels(key, new)
        for label in before - after:
            self._labelled[label].discard(key)
            if not self._labelled[label]:
                del self._labelled[label]
        for label in after:
            self._labelled[label].add(key)
        self._enqueue(Change(key, new.version if new else ""), (), before | after)

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
        self._object_changed(key, old, new)
        if not self._is_told_in_full(key, old, new):
            self._enqueue(Change(key, new.resource_version if new else ""), owners, ())

    def _owner(self, key: ObjectKey, live: LiveObject) -> ObjectKey | None:
        """The custom resource that controls the object, if one does, whatever its UID."""
        if live.controller is None:
            return None
        group = live.controller.api_version.rpartition("/")[0]
        resource = self._custom_kinds.get((group, live.controller.kind))
        return resource.key(key.namespace, live.controller.name) if resource else None

    def _is_told_in_full(self, key: ObjectKey, old: LiveObject | None, new: LiveObject | None) -> bool:
        """Whether the change is only one that the store of full objects tells of, too: a new status, mostly."""
        watched = self._full.get(_kind(key))
        if old is None or new is None or watched is None or watched.get(key) is None:
            return False
        return replace(old, resource_version=new.resource_version) == new


def _kind(named: ObjectKey | ApiResource) -> Kind:
    return named.api_version, named.kind


def _labels(key: ObjectKey, whole: Whole | None) -> set[LabelledRef]:
    if whole is None or not whole.label:
        return set()
    return {LabelledRef(key.api_version, key.kind, key.namespace, whole.label)}


def _controller_uid(live: LiveObject) -> str:
    return live.controller.uid if live.controller else ""
