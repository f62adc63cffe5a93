"""Informers at work on small APIs, and whom they wake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from natsop_core import kinds
from natsop_core.kinds import CLUSTERS
from natsop_core.references import ApiGroupRef, ChildrenRef, LabelledRef, ObjectKey
from natsop_runtime.cache.informers import Change, Informers
from tests.unit.natsop_runtime.small_api import SmallApi, kube_over

CLUSTER = CLUSTERS.key("prod", "c")
OWNED = [
    {"apiVersion": "nats.crewlet.cloud/v1", "kind": "NatsCluster", "name": "c", "uid": "uid-c", "controller": True}
]
CHILDREN = ChildrenRef("prod", "uid-c")


class Kept:
    """Informers at work on small APIs, one for each kind, and whom they woke."""

    def __init__(self) -> None:
        self.told: list[Change] = []
        self.woken: list[tuple[str, str]] = []
        self.restarted: list[str] = []
        self.told_of_kinds: list[str] = []
        self.is_wanted = True
        self.custom_resources: list[tuple[str, bytes | None]] = []
        self.changes: list[tuple[str, bool, bool]] = []
        watched = {CLUSTERS, *kinds.CREATED, *kinds.WATCHED_IN_FULL}
        self.labels: list[LabelledRef] = []
        self.apis = {resource.plural: SmallApi() for resource in watched}

    def wake(self, change: Change, concerned: Iterable[ObjectKey], labels: Iterable[LabelledRef] = ()) -> None:
        self.told.append(change)
        self.labels += labels
        if isinstance(change.key, ApiGroupRef):
            self.told_of_kinds.append(change.key.kind)
            return
        self.woken += [(change.key.kind, custom_resource.name) for custom_resource in concerned]
        if not concerned:
            self.woken.append((change.key.kind, ""))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        return self.apis[request.url.path.rpartition("/")[2]](request)


@asynccontextmanager
async def kept(world: Kept | None = None, /, **objects: dict[str, Any]) -> AsyncIterator[tuple[Kept, Informers]]:
    """Informers that are synced; the objects are given by the plural of their kind, all named "c"."""
    world = world or Kept()
    for plural, metadata in objects.items():
        world.apis[plural].put("c", **metadata)
    async with kube_over(world.answer) as kube:
        stores = Informers(
            kube,
            [CLUSTERS],
            world.wake,
            is_wanted=lambda _reference: world.is_wanted,
            custom_resource_changed=lambda key, json: world.custom_resources.append((key.name, json)),
            object_changed=lambda key, old, new: world.changes.append((key.kind, old is not None, new is not None)),
            restarted=world.restarted.append,
        )
        running = asyncio.create_task(stores.run())
        await stores.synced()
        world.woken.clear()
        yield world, stores
        running.cancel()
        await asyncio.wait([running])
