"""The objects of one kind that are kept up to date: of all namespaces, or of each that the operator is limited to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.reflector import Reflector
from natsop_runtime.cache.store import Changed, Keep, Store

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.kube import Kube

T = TypeVar("T")
Object = dict[str, Any]

EVERYWHERE = ""
"""In place of a namespace: all of them."""


class Watched(Generic[T]):
    """A store and a reflector for each namespace; one of each when `namespaces` is empty, which means all."""

    def __init__(
        self,
        kube: Kube,
        resource: ApiResource,
        keep: Keep[T],
        changed: Changed[T],
        *,
        namespaces: Sequence[str] = (),
        labels: str = "",
        metadata_only: bool = False,
        restarted: Callable[[str], None],
    ) -> None:
        self._stores = {namespace: Store(resource, keep, changed) for namespace in namespaces or (EVERYWHERE,)}
        self._reflectors = {
            namespace: Reflector(
                kube,
                Selection(resource, namespace=namespace, labels=labels, metadata_only=metadata_only),
                store,
                restarted=restarted,
            )
            for namespace, store in self._stores.items()
        }

    @property
    def selections(self) -> Iterable[Selection]:
        """What is listed and watched."""
        return (reflector.selection for reflector in self._reflectors.values())

    @property
    def is_synced(self) -> bool:
        """Whether everything has been listed once."""
        return all(reflector.synced.is_set() for reflector in self._reflectors.values())

    async def synced(self) -> None:
        """Wait until everything has been listed once."""
        for reflector in self._reflectors.values():
            await reflector.synced.wait()

    async def run(self) -> None:
        """Keep the stores up to date until cancelled."""
        async with asyncio.TaskGroup() as group:
            for reflector in self._reflectors.values():
                group.create_task(reflector.run())

    def get(self, key: ObjectKey) -> T | None:
        """What is held of the object, or None when there is none."""
        store = self._store(key.namespace)
        return store.get(key) if store else None

    def is_missing(self, key: ObjectKey) -> bool:
        """Whether there is no such object; False also when nobody tells us any more."""
        reflector = self._reflectors.get(EVERYWHERE) or self._reflectors.get(key.namespace)
        return self.get(key) is None and (reflector is None or reflector.is_current)

    def items(self) -> Iterator[tuple[ObjectKey, T]]:
        """What is held of all objects, by their keys."""
        for store in self._stores.values():
            yield from store.items()

    def written(self, obj: Object) -> None:
        """Take in the answer to a write of our own."""
        if (store := self._store(obj["metadata"]["namespace"])) is not None:
            store.written(obj)

    def clear(self) -> None:
        """Forget all objects, since nobody tells of them any more."""
        for store in self._stores.values():
            store.clear()

    def _store(self, namespace: str) -> Store[T] | None:
        return self._stores.get(EVERYWHERE) or self._stores.get(namespace)
