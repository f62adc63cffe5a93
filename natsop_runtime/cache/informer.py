"""An informer: the objects of one kind, kept up to date, of all namespaces or of the configured ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.reflector import Observer, Reflector
from natsop_runtime.cache.store import Changed, Store, Transform

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.kube import Kube

T = TypeVar("T")
Object = dict[str, Any]

EVERYWHERE = ""
"""Instead of a namespace: all of them."""


class Informer(Generic[T]):
    """A store and a reflector for each namespace; one of each for all namespaces if `namespaces` is empty."""

    def __init__(
        self,
        kube: Kube,
        resource: ApiResource,
        transform: Transform[T],
        changed: Changed[T],
        observer: Observer,
        *,
        namespaces: Sequence[str] = (),
        labels: str = "",
        metadata_only: bool = False,
    ) -> None:
        self.plural = resource.plural
        self._stores = {namespace: Store(resource, transform, changed) for namespace in namespaces or (EVERYWHERE,)}
        self._reflectors = {
            namespace: Reflector(
                kube,
                Selection(resource, namespace=namespace, labels=labels, metadata_only=metadata_only),
                store,
                observer,
            )
            for namespace, store in self._stores.items()
        }

    @property
    def selections(self) -> Iterable[Selection]:
        """What is listed and watched."""
        return (reflector.selection for reflector in self._reflectors.values())

    def is_synced(self, namespace: str) -> bool:
        """Whether the namespace has been listed once."""
        return self._reflectors[namespace].synced.is_set()

    def is_current(self, namespace: str) -> bool:
        """Whether the store of the namespace is up to date."""
        return self._reflectors[namespace].is_current

    @property
    def is_known(self) -> bool:
        """Whether every namespace that we may list has been listed once, and there is one."""
        reflectors = self._reflectors.values()
        return all(each.settled.is_set() for each in reflectors) and any(each.synced.is_set() for each in reflectors)

    @property
    def silent_for(self) -> float:
        """Seconds since the watch of any namespace last delivered something; of the one that is silent for longest."""
        return max(reflector.silent_for for reflector in self._reflectors.values())

    async def known(self) -> None:
        """Wait until `is_known`. A namespace that we may not list is not waited for."""
        for reflector in self._reflectors.values():
            await reflector.settled.wait()
        listing = [asyncio.create_task(each.synced.wait()) for each in self._reflectors.values()]
        try:
            await asyncio.wait(listing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in listing:
                each.cancel()

    async def run(self) -> None:
        """Keep the stores up to date until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors.values():
                group.create_task(reflector.run())

    def get(self, key: ObjectKey) -> T | None:
        """The stored object, or None."""
        store = self._store(key.namespace)
        return store.get(key) if store else None

    def is_missing(self, key: ObjectKey) -> bool:
        """Whether the object does not exist; also False while the watch is not current."""
        reflector = self._reflectors.get(EVERYWHERE) or self._reflectors.get(key.namespace)
        return self.get(key) is None and (reflector is None or reflector.is_current)

    def items(self) -> Iterator[tuple[ObjectKey, T]]:
        """All stored objects with their keys."""
        for store in self._stores.values():
            yield from store.items()

    def written(self, obj: Object) -> None:
        """Store the answer to our own write."""
        if (store := self._store(obj["metadata"]["namespace"])) is not None:
            store.written(obj)

    def clear(self) -> None:
        """Forget all objects: they are no longer watched."""
        for store in self._stores.values():
            store.clear()

    def _store(self, namespace: str) -> Store[T] | None:
        return self._stores.get(EVERYWHERE) or self._stores.get(namespace)
