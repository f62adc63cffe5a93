"""All objects, at versions that count up over all kinds, and what changed since a version that is not forgotten yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.simulation.api_server.errors import gone
from tests.simulation.api_server.kinds import Kind
from tests.simulation.api_server.objects import Stored

FIRST_VERSION: Final = 100
"""No object has a version as low as those that guards name."""

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one object. `now` is what it was at its deletion when it was deleted."""

    version: int
    kind: Kind
    before: Stored | None
    now: Stored
    deleted: bool = False


Listener = Callable[[Change], None]


class Storage:
    """Objects by kind, namespace and name. Listeners are told of each change as it happens."""

    def __init__(self) -> None:
        self.version = FIRST_VERSION
        self.oldest = FIRST_VERSION
        self._objects: defaultdict[Kind, dict[Place, Stored]] = defaultdict(dict)
        self._history: list[Change] = []
        self._listeners: dict[Listener, None] = {}

    def get(self, kind: Kind, namespace: str, name: str) -> Stored | None:
        return self._objects[kind].get((namespace, name))

    def all(self, kind: Kind, namespace: str = "") -> Iterator[Stored]:
        """The objects of the kind in the order of their names, of one namespace or all."""
        for place, stored in sorted(self._objects[kind].items()):
            if namespace in ("", place[0]):
                yield stored

    def as_of(self, version: int, kind: Kind, namespace: str = "") -> dict[Place, Stored]:
        """The objects that there were at a version that is not forgotten yet."""
        objects = dict(self._objects[kind])
        for change in reversed(self._history):
            if change.version <= version:
                break
            if change.kind is kind:
                _undo(change, objects)
        return {place: stored for place, stored in objects.items() if namespace in ("", place[0])}

    def kinds(self) -> list[Kind]:
        """The kinds of which there are objects."""
        return [kind for kind, objects in self._objects.items() if objects]

    def put(self, kind: Kind, stored: Stored) -> Stored:
        """Keep the object in place of what was there, at the next version."""
        self.version += 1
        stored = stored.with_metadata(resourceVersion=str(self.version))
        place = stored.metadata["namespace"], stored.metadata["name"]
        before = self._objects[kind].get(place)
        self._objects[kind][place] = stored
        self._tell(Change(self.version, kind, before, stored))
        return stored

    def remove(self, kind: Kind, stored: Stored) -> Stored:
        """Forget the object; its last event bears the version of that."""
        self.version += 1
        before = self._objects[kind].pop((stored.metadata["namespace"], stored.metadata["name"]))
        last = before.with_metadata(resourceVersion=str(self.version))
        self._tell(Change(self.version, kind, before, last, deleted=True))
        return last

    def since(self, kind: Kind, version: int) -> list[Change]:
        """What happened to objects of the kind after that version; a refusal when that is forgotten."""
        if version < self.oldest:
            raise gone()
        return [change for change in self._history if change.version > version and change.kind is kind]

    def compact(self) -> None:
        """Forget what happened up to now, as etcd does by and by."""
        self.oldest = self.version
        self._history.clear()

    def listen(self, listener: Listener) -> None:
        self._listeners[listener] = None

    def unlisten(self, listener: Listener) -> None:
        self._listeners.pop(listener, None)

    @property
    def listening(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def _tell(self, change: Change) -> None:
        self._history.append(change)
        for listener in tuple(self._listeners):
            listener(change)


def _undo(change: Change, objects: dict[Place, Stored]) -> None:
    place = change.now.metadata["namespace"], change.now.metadata["name"]
    if change.before is None:
        del objects[place]
    else:
        objects[place] = change.before
