"""The effective configuration: everything that the servers read, expanded once, with the place of every option."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from natsop_core.conf.digest import ServerDigest, Unknown
from natsop_core.conf.errors import Place
from natsop_core.conf.expand import check_size, expand
from natsop_core.conf.options import SERVER, all_blocks
from natsop_core.conf.parser import parse
from natsop_core.conf.restart import restart_digest, restart_text
from natsop_core.conf.values import Block, Value, Variable
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.environment import Environment
    from natsop_core.conf.options import Options


@frozen
class Option:
    """An option that is set. name: its canonical name; key: the key in the file; place: where the key is."""

    name: str
    key: str
    value: Value = field(repr=False)
    place: Place


@dataclass(frozen=True)
class EffectiveConfig:
    """The configuration of all servers of a cluster, with includes and known variables replaced.

    main: the path of nats.conf. tree: with the keys as written. own: the options that nats.conf itself sets, without
    includes. reads_own_keys: a variable refers to one of the keys. included: the paths of the included files.
    user_files: the paths of files that the user wrote. files: the texts of all files that can be included, nats.conf
    first.
    """

    main: str
    tree: Block = field(repr=False)
    own: frozenset[str]
    reads_own_keys: bool
    included: frozenset[str]
    user_files: frozenset[str]
    files: Mapping[str, str] = field(repr=False)

    @property
    def place(self) -> Place:
        """The place of nats.conf as a whole."""
        return Place(self.main)

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """The known options of the first level, in the order of their keys."""
        return tuple(options_of(self.tree, self.main))

    def option(self, name: str) -> Option | None:
        """The option of the first level with that name, if it is set."""
        return next((option for option in self.options if option.name == name), None)

    def find(self, *path: str) -> Value | None:
        """The value of an option. path: the names of its blocks, and its own name."""
        return value_at(self.tree, *path)

    def restart_digest(self, constants: Mapping[str, str]) -> str:
        """A short hash of all options that a running server does not reload; see `restart.restart_digest`."""
        return restart_digest(self.tree, constants)

    def restart_text(self, constants: Mapping[str, str], *, without: frozenset[str] = frozenset()) -> str:
        """The text that is hashed for it. without: files whose options are left out."""
        return restart_text(self.tree, constants, without=without)

    def server_digest(self, variables: Mapping[str, str], version: str | None) -> str | Unknown:
        """The digest that a server with these variables reports once it has loaded it; see `digest.ServerDigest`."""
        return self._server_digest.of(variables, version)

    @cached_property
    def blocks(self) -> tuple[tuple[Block, Options], ...]:
        """All blocks with known options, each with these; the first level comes first."""
        return tuple(all_blocks(self.tree))

    @cached_property
    def variables(self) -> tuple[Variable, ...]:
        """The variables whose values are unknown until a server starts."""
        return tuple(_variables(self.tree))

    @property
    def jetstream(self) -> Store | None:
        """Where JetStream stores its streams; None if it is off."""
        return store_of(self.tree)

    @cached_property
    def _server_digest(self) -> ServerDigest:
        return ServerDigest(self.tree, reads_own_keys=self.reads_own_keys)


def read_effective(
    main: str,
    files: Mapping[str, str],
    environment: Environment,
    *,
    tree: Block | None = None,
    user_files: frozenset[str] = frozenset(),
) -> EffectiveConfig:
    """Read the file at the path `main` like a server, with everything that it includes from `files`.

    tree: the content of that file, if it was written from a tree. user_files: the paths of files that the user wrote.
    Raises ConfError if no server would start with it.
    """
    if main in user_files:
        check_size(len(files[main]), Place(main))
    content = parse(files[main], main) if tree is None else tree
    expanded = expand(content, environment=environment, includes=files, file=main, bounded=user_files)
    own = frozenset(filter(None, map(SERVER.name_of, content)))
    return EffectiveConfig(main, expanded.tree, own, expanded.reads_own_keys, expanded.included, user_files, files)


def options_of(tree: Block, file: str) -> Iterator[Option]:
    """The options that the first level of a file sets, expanded or not."""
    for key, value in tree.items():
        name = SERVER.name_of(key)
        if name is not None:
            yield Option(name, key, value, tree.place_of(key) or Place(file))


def value_at(tree: Block, *path: str) -> Value | None:
    """The value of an option. path: the names of its blocks, and its own name."""
    value: Value = tree
    options = SERVER
    for name in path:
        key = options.find(value, name) if isinstance(value, Block) else None
        if key is None or not isinstance(value, Block):
            return None
        value, options = value[key], options.inner.get(name, options)
    return value


def _variables(value: Value) -> Iterator[Variable]:
    match value:
        case Variable():
            yield value
        case Block():
            for item in value.values():
                yield from _variables(item)
        case tuple():
            for item in value:
                if not isinstance(item, str):
                    yield from _variables(item)


@frozen
class Store:
    """Where JetStream stores its streams. folder: None if it is not configured; is_known: whether this is certain."""

    folder: str | None
    is_known: bool = True


def store_of(tree: Block) -> Store | None:
    """Where a server with this configuration, expanded or not, stores its streams; None if JetStream is off.

    An empty block also enables JetStream (opts.go, parseJetStream).
    """
    jetstream, is_enabled = value_at(tree, "jetstream"), value_at(tree, "jetstream", "enabled")
    if isinstance(jetstream, Variable):
        return Store(None, is_known=False)
    is_on = isinstance(jetstream, Block) and is_enabled is not False
    if not is_on and jetstream is not True and str(jetstream).lower() not in {"enabled", "enable"}:
        return None
    folder = value_at(tree, "jetstream", "store_dir") or value_at(tree, "store_dir")
    return Store(folder if isinstance(folder, str) else None, is_known=not isinstance(folder, Variable))
