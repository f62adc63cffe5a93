"""Whatever order a watch, lists and the answers to our own writes come in: a store never goes back in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.live import LiveObject
from natsop_core.references import ObjectKey
from natsop_runtime.cache.store import METADATA, Store
from tests.hypothesis_profiles import examples
from tests.unit.natsop_runtime.small_api import config_map

NAMES: Final = ("a", "b")


@dataclass
class World:
    """An API server with a history, a watch that lags behind it, and answers to our writes that are under way."""

    version: int = 10
    objects: dict[str, int] = field(default_factory=dict)
    history: list[tuple[int, str, bool]] = field(default_factory=list)
    told: int = 0  # events of the history
    answers: list[tuple[int, str]] = field(default_factory=list)
    held: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)  # the newest version that was ever held of each

    listed: tuple[Any, int, int] | None = None

    def __post_init__(self) -> None:
        self.store: Store[LiveObject] = Store(CONFIG_MAPS, METADATA, self._changed)

    def _changed(self, key: ObjectKey, _old: LiveObject | None, new: LiveObject | None) -> None:
        if new is None:
            del self.held[key.name]
            return
        version = int(new.resource_version)
        assert version > self.seen.get(key.name, 0), f"{key.name} goes back to {version} from {self.seen}"
        self.held[key.name] = self.seen[key.name] = version

    def others_write(self, name: str) -> None:
        self.version += 1
        self.objects[name] = self.version
        self.history.append((self.version, name, False))

    def we_write(self, name: str) -> None:
        self.others_write(name)
        self.answers.append((self.version, name))

    def delete(self, name: str) -> None:
        if self.objects.pop(name, None):
            self.version += 1
            self.history.append((self.version, name, True))

    def answer(self, _name: str) -> None:
        """Of our writes, the answers come in any order; here, the latest first."""
        if self.answers:
            version, name = self.answers.pop()
            self.store.written(config_map(name, version))

    def watch(self, _name: str) -> None:
        if self.listed is None and self.told < len(self.history):
            version, name, is_gone = self.history[self.told]
            self.told += 1
            (self.store.gone if is_gone else self.store.seen)(config_map(name, version))

    def bookmark(self, _name: str) -> None:
        if self.listed is None and self.told == len(self.history):
            self.store.heard(str(self.version))

    def list(self, _name: str = "") -> None:
        """Make a list, or take in the one that was made: in between, writes go on, and there is no watch."""
        if self.listed is None:
            objects = [config_map(name, version) for name, version in self.objects.items()]
            self.listed = self.store.kept(objects), self.version, len(self.history)
        else:
            objects, version, self.told = self.listed
            self.store.replace(objects, str(version))
            self.listed = None

    def is_pending(self, name: str) -> bool:
        """Whether the watch has yet to tell of something that happened to it."""
        return self.listed is not None or any(each == name for _, each, _ in self.history[self.told :])


ACTIONS: Final[tuple[Callable[[World, str], Any], ...]] = (
    World.others_write,
    World.we_write,
    World.delete,
    World.answer,
    World.watch,
    World.watch,
    World.bookmark,
    World.list,
)


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.sampled_from(NAMES)), min_size=10, max_size=60))
@settings(max_examples=examples(usual=300, fuzz=5_000))
def test_what_is_held_never_gets_older_and_is_the_truth_once_everything_was_told(
    actions: list[tuple[Callable[[World, str], Any], str]],
) -> None:
    world = World()
    for act, name in actions:
        act(world, name)
        for each in NAMES:
            if not world.is_pending(each) and not any(name == each for _, name in world.answers):
                assert world.held.get(each) == world.objects.get(each), (act.__name__, each)
    if world.listed is not None:
        world.list()
    while world.told < len(world.history):
        world.watch("")
    while world.answers:
        world.answer("")
    assert world.held == world.objects
