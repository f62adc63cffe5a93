"""A cluster in which nothing goes wrong, and people want from the start what they want in a troubled one in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core.kinds import PODS
from natsop_core.names import ACCOUNTS_FINALIZER
from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES
from tests.simulation.people import People
from tests.simulation.picture import Picture, picture
from tests.simulation.steps import Step, take
from tests.simulation.unheard import what_is_unheard
from tests.simulation.world import World
from tests.testbed.client import ApiError, Manifest

if TYPE_CHECKING:
    from tests.simulation.api_server.storage import Storage

CALM_AFTER: Final = 250.0
"""Seconds within which all is well where nothing goes wrong, and what is missing is not waited for any more."""

GONE_AFTER: Final = 20
"""Seconds within which what is deleted is gone, though a finalizer holds it."""


@dataclass(frozen=True, slots=True)
class Intended:
    """An object that people want to be there. `uid`: another one by the same name is another object."""

    namespace: str
    manifest: Manifest
    uid: str

    @property
    def place(self) -> tuple[str, ...]:
        return self.manifest["kind"], self.namespace, self.manifest["metadata"]["name"]


@dataclass(frozen=True, slots=True)
class Halt:
    """A cluster at rest: what people want, which kinds are not served, and what it looks like.

    unheard: where operators do not know what servers would have told them, or go on asking.
    """

    intended: tuple[Intended, ...]
    unserved: frozenset[str]
    picture: Picture
    unheard: tuple[str, ...]


def halt_of(world: World) -> Halt:
    """The cluster as it is now."""
    storage = world.server.storage
    unheard = tuple(what_is_unheard(world))
    return Halt(tuple(_intended(storage)), frozenset(world.server.unserved), picture(storage), unheard)


async def calm_pictures(halts: Sequence[Halt], *, seed: int, has_pods: bool) -> list[Picture]:
    """What the clusters would look like without any trouble: people want what they want, and then wait."""
    async with World(seed=seed, safety_nets=False, has_pods=has_pods) as world:
        first, *later = halts
        world.server.unserved.update(first.unserved)
        for each in first.intended:
            People(world.send, each.namespace).create(each.manifest)
        world.start()
        await asyncio.sleep(CALM_AFTER)
        pictures = [picture(world.server.storage)]
        for before, now in zip(halts, later, strict=False):
            await _change(world, before, now)
            await asyncio.sleep(CALM_AFTER)
            pictures.append(picture(world.server.storage))
        return pictures


async def _change(world: World, before: Halt, now: Halt) -> None:
    """Make the cluster one in which people want something else, at once."""
    for api_version in sorted(before.unserved ^ now.unserved):
        do = "uninstall" if api_version in now.unserved else "install"
        take(Step(0.0, do, {"api_version": api_version}), world)
    known = {each.place: each for each in before.intended}
    for each in before.intended:
        if each.place not in {other.place for other in now.intended}:
            People(world.send, each.namespace).delete(each.manifest["kind"], each.manifest["metadata"]["name"])
    for each in now.intended:
        if each != known.get(each.place):
            await _bring_about(each, known.get(each.place), People(world.send, each.namespace))


async def _bring_about(now: Intended, before: Intended | None, people: People) -> None:
    if before is not None and before.uid == now.uid:
        people.replace(now.manifest)
        return
    with suppress(ApiError):  # there may be another object by that name, or a custom resource's child
        people.delete(now.manifest["kind"], now.manifest["metadata"]["name"])
    await _create(now.manifest, people)


async def _create(manifest: Manifest, people: People) -> None:
    """Create the object, if need be once the one that a finalizer holds is gone."""
    for _ in range(GONE_AFTER):
        try:
            people.create(manifest)
        except ApiError:
            await asyncio.sleep(1)
        else:
            return
    people.create(manifest)


def _intended(storage: Storage) -> Iterator[Intended]:
    """All objects but pods that no custom resource controls, the custom resources last."""
    owners = {stored.uid for kind in storage.kinds() if kind.resource in CUSTOM for stored in storage.all(kind)}
    for kind in sorted(storage.kinds(), key=lambda kind: kind.resource in CUSTOM):
        if kind.resource in (EVENTS, LEASES, PODS):
            continue
        for stored in storage.all(kind):
            if stored.controller_uid not in owners:
                yield Intended(stored.metadata["namespace"], _manifest(stored.as_dict()), stored.uid)


def _manifest(obj: Manifest) -> Manifest:
    kept = ("name", "labels", "annotations", "ownerReferences", "finalizers")
    metadata = {key: value for key, value in obj["metadata"].items() if key in kept}
    metadata["finalizers"] = [each for each in metadata.get("finalizers", ()) if each != ACCOUNTS_FINALIZER]
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}
