"""A reflector at work on a small API, and whatever it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.live import LiveObject
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ApiError
from natsop_runtime.api_server.kube import Kube, Selection
from natsop_runtime.cache.reflector import Reflector
from natsop_runtime.cache.store import METADATA, Store
from tests.unit.natsop_runtime.small_api import SmallApi, kube_over, until


class Reflected:
    """A reflector at work on a small API, and the names of which its store told, "-" for the deleted."""

    def __init__(self, api: SmallApi) -> None:
        self.api = api
        self.told: list[str] = []
        self.reports: list[str] = []
        self.store: Store[LiveObject] = Store(CONFIG_MAPS, METADATA, self._changed)

    def _changed(self, key: ObjectKey, _old: LiveObject | None, new: LiveObject | None) -> None:
        self.told.append(key.name if new else f"-{key.name}")

    def listed(self, _selection: Selection) -> None:
        self.reports.append("listed")

    def works(self, _selection: Selection) -> None:
        self.reports.append("works")

    def fails(self, _selection: Selection, error: ApiError) -> None:
        self.reports.append(f"fails: {error}")

    def restarts(self, _selection: Selection) -> None:
        self.reports.append("restarts")

    def reflector(self, kube: Kube) -> Reflector[LiveObject]:
        """The reflector."""
        return Reflector(kube, Selection(CONFIG_MAPS, metadata_only=True), self.store, self)

    async def equal(self) -> None:
        """Wait until the store has what the API has."""
        await until(lambda: self._versions() == self._true_versions(), "the store has what the API has")

    def _versions(self) -> dict[str, str]:
        held = ((key.name, self.store.get(key)) for key in self.store)
        return {name: live.resource_version for name, live in held if live is not None}

    def _true_versions(self) -> dict[str, str]:
        return {name: obj["metadata"]["resourceVersion"] for name, obj in self.api.objects.items()}


@asynccontextmanager
async def started(reflected: Reflected) -> AsyncIterator[Reflector[LiveObject]]:
    """The reflector, at a time other than 0, before it is known whether its first list succeeds."""
    await asyncio.sleep(1000)
    async with kube_over(reflected.api) as kube:
        reflector = reflected.reflector(kube)
        running = asyncio.create_task(reflector.run())
        yield reflector
        running.cancel()
        await asyncio.wait([running])


@asynccontextmanager
async def reflecting(*names: str) -> AsyncIterator[Reflected]:
    """A reflector on an API with these objects, synced and watching."""
    api = SmallApi()
    for name in names:
        api.put(name)
    reflected = Reflected(api)
    async with started(reflected) as reflector:
        await reflector.synced.wait()
        await until(lambda: bool(api.watches), "a watch")
        reflected.told.clear()
        yield reflected
