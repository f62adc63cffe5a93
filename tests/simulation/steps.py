"""What people do, as plain values: generated, written down with a failure, and read again to replay it."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from natsop_core.names import API_VERSION
from tests.cluster.edits import encoded
from tests.cluster.restore import as_restored
from tests.simulation.api_server.kinds import CUSTOM
from tests.simulation.edits import EDITS
from tests.simulation.faults import Fault
from tests.simulation.people import People
from tests.testbed.client import ApiError, Manifest

if TYPE_CHECKING:
    from tests.simulation.world import World

Place = tuple[str, str, str]
"""An object's namespace, kind and name."""

TRIED_EVERY: Final = 1.0
"""Seconds after which people try again to create what is not gone yet."""


@dataclass(frozen=True, slots=True)
class Step:
    """After so many seconds, do that. `what` are the arguments of the function of that name below."""

    after: float
    do: str
    what: dict[str, Any] = field(default_factory=dict)


def take(step: Step, world: World) -> None:
    """Do what the step says. What people are refused, they leave at that."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in step.what.items())
    world.recording.note(f"people       {step.do}({arguments})")
    try:
        STEPS[step.do](world, **copy.deepcopy(step.what))
    except (ApiError, LookupError) as refusal:  # what was to be edited is not there, or not as it was
        world.recording.note(f"people       refused: {type(refusal).__name__} {refusal}")


def _put(world: World, namespace: str, manifest: Manifest) -> None:
    """Create the object, or give it this content."""
    people = People(world.send, namespace)
    name = manifest["metadata"]["name"]
    try:
        live = people.get(manifest["kind"], name)
    except ApiError:
        people.create(manifest)
        return
    if "deletionTimestamp" in live["metadata"]:
        _create_once_gone(world, namespace, manifest)
        return
    content = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    kept = {key: value for key, value in live["metadata"].items() if key not in ("creationTimestamp", "managedFields")}
    metadata = {**kept, "annotations": manifest["metadata"].get("annotations")}
    people.replace({**live, **content, "metadata": metadata})


def _create_once_gone(world: World, namespace: str, manifest: Manifest) -> None:
    """Create the object as soon as the one that is being deleted is gone."""
    place = namespace, manifest["kind"], manifest["metadata"]["name"]
    is_waited_for = place in world.to_create
    world.to_create[place] = manifest
    if not is_waited_for:
        _try_to_create(world, place)


def _try_to_create(world: World, place: Place) -> None:
    if place not in world.to_create:
        return
    try:
        People(world.send, place[0]).create(world.to_create[place])
    except ApiError:
        asyncio.get_running_loop().call_later(TRIED_EVERY, _try_to_create, world, place)
    else:
        del world.to_create[place]


def _delete(world: World, namespace: str, kind: str, name: str) -> None:
    world.to_create.pop((namespace, kind, name), None)
    People(world.send, namespace).delete(kind, name)


def _edit(world: World, namespace: str, owner: str, edit: str) -> None:
    """Change a child of a custom resource by hand."""
    EDITS[edit].apply_to(People(world.send, namespace), owner)  # type: ignore[arg-type]


def _disown(world: World, namespace: str, kind: str, name: str) -> None:
    """Make an object nobody's."""
    removal = [{"op": "remove", "path": "/metadata/ownerReferences"}]
    People(world.send, namespace).patch(kind, name, removal, patch_type="json")


def _take_name(world: World, namespace: str, kind: str, name: str) -> None:
    """Take a name that a custom resource wants, even from an object that has it."""
    people = People(world.send, namespace)
    try:
        people.delete(kind, name)
    except ApiError:
        world.recording.note(f"people       found {kind} {name} free")
    people.create(strangers_object(kind, name))


def strangers_object(kind: str, name: str) -> Manifest:
    """An object of somebody else's."""
    if kind == "Service":
        content: Manifest = {"spec": {"ports": [{"name": "mine", "port": 80}], "selector": {"mine": "only"}}}
    else:
        content = {"data": {"mine": encoded("only")}}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": {"mine": "only"}}, **content}


def _install(world: World, api_version: str) -> None:
    world.server.unserved.discard(api_version)


def _uninstall(world: World, api_version: str) -> None:
    world.server.uninstall(api_version)
    for operator in world.operators:
        operator.network.break_streams("end", api_version)


def _recreate(world: World, namespace: str, kind: str, name: str) -> None:
    """Delete an object and make it anew."""
    people = People(world.send, namespace)
    manifest = people.get(kind, name)
    people.delete(kind, name)
    _create_once_gone(world, namespace, {**manifest, "metadata": {"name": name}, "status": None})


def _fight(world: World, namespace: str, owner: str, edit: str) -> None:
    """Another manager makes the edit of a custom resource's child again each time that it is undone."""
    world.rivals.fight(namespace, owner, edit)


def _restore_backup(world: World, namespace: str, name: str, *, owner_first: bool) -> None:
    """A cluster is deleted with all that was made for it, and made anew from a backup. Claims stay."""
    people = People(world.send, namespace)
    owner = people.get("NatsCluster", name)
    kinds = [kind for kind in world.server.storage.kinds() if kind.resource not in CUSTOM]
    children = [
        stored.as_dict()
        for kind in kinds
        for stored in world.server.storage.all(kind, namespace)
        if stored.controller_uid == owner["metadata"]["uid"]
    ]
    for each in (owner, *children):
        people.delete(each["kind"], each["metadata"]["name"])
    for each in (owner, *children) if owner_first else (*children, owner):
        people.create(as_restored(each))


def _fault(world: World, **fault: Any) -> None:
    world.faults.add(Fault(**fault))


def _black_out(world: World, seconds: float) -> None:
    world.black_out(seconds)


def _compact(world: World) -> None:
    world.server.compact()


def _break_watches(world: World, how: str) -> None:
    for operator in world.operators:
        operator.network.break_streams(how)


def _crash(world: World, operator: int) -> None:
    world.operators[operator % len(world.operators)].crash()


def _stall(world: World, operator: int, seconds: float) -> None:
    world.operators[operator % len(world.operators)].stall(seconds)


def _partition(world: World, operator: int, seconds: float) -> None:
    world.operators[operator % len(world.operators)].partition(seconds)


def _pods_misbehave(world: World, share: float) -> None:
    """Something is wrong with so many of the servers' answers."""
    world.pod_network.share = share


def _stop_reloading(world: World) -> None:
    if world.pods:
        world.pods.stop_reloading()


def _unready(world: World, namespace: str, name: str) -> None:
    if world.pods:
        world.pods.unready(namespace, name)


def _revoke(world: World, plural: str) -> None:
    world.revoked.add(plural)


def _restore(world: World) -> None:
    world.revoked.clear()


STEPS: Final[dict[str, Callable[..., None]]] = {
    "put": _put,
    "delete": _delete,
    "recreate": _recreate,
    "edit": _edit,
    "fight": _fight,
    "restore_backup": _restore_backup,
    "fault": _fault,
    "black_out": _black_out,
    "disown": _disown,
    "take_name": _take_name,
    "install": _install,
    "uninstall": _uninstall,
    "compact": _compact,
    "break_watches": _break_watches,
    "crash": _crash,
    "stall": _stall,
    "partition": _partition,
    "pods_misbehave": _pods_misbehave,
    "stop_reloading": _stop_reloading,
    "unready": _unready,
    "revoke": _revoke,
    "restore": _restore,
}


def custom_resource(kind: str, name: str, spec: Manifest) -> Manifest:
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
