"""Expands a tree like a server does: replaces variables and includes; the last of repeated keys wins (conf/parse.go).

A variable is looked up in the keys read so far of its block and of the blocks around it, within its file, and then in
the environment, whose text is parsed like a part of the file. The keys of an included file replace earlier ones. A
variable with an unknown value stays in the tree.
"""

import posixpath
from collections.abc import Mapping

from natsop_core.conf.environment import VALUE_KEY, Environment
from natsop_core.conf.errors import ConfError, Place
from natsop_core.conf.parser import MAX_DEPTH, parse
from natsop_core.conf.values import Block, Include, Origin, Value, Variable
from natsop_core.frozen import frozen

MAX_CHARACTERS = 200_000
"""Maximum size of all files of the user, counted each time they are included, and of all copies through variables."""

MAX_ENVIRONMENT_CHARACTERS = 10_000
"""Maximum size of the texts of environment variables, counted each time they are used."""

_MAX_CHAIN = 16  # includes of includes, variables of variables
_VALUE_WEIGHT = 16  # counted for a copied value in addition to its characters


@frozen
class Expanded:
    """tree: without includes and known variables. reads_own_keys: a variable refers to one of its keys.

    included: the paths of the included files.
    """

    tree: Block
    reads_own_keys: bool
    included: frozenset[str]


def expand(
    tree: Block,
    *,
    environment: Environment,
    includes: Mapping[str, str],
    file: str = "nats.conf",
    bounded: frozenset[str] = frozenset(),
) -> Expanded:
    """Expand `tree`, the content of `file`, like a server with this environment.

    includes: texts by path. A path is the folder of the including file, joined with the written path and normalized:
    `../nats-auth/auth.conf` in `/etc/nats-config/nats.conf` is `/etc/nats-auth/auth.conf`. bounded: the paths of files
    that the user wrote, whose size is limited.
    Raises ConfError if the server would not start, or if the expansion is too large.
    """
    expansion = _Expansion(environment, includes, bounded)
    if file in bounded:
        expansion.spend(len(includes[file]), Place(file))
    expanded = expansion.block(tree, (), _Site(file, 0))
    return Expanded(expanded, expansion.reads_own_keys, frozenset(expansion.included))


@frozen
class _Site:
    """The position of the expansion: the file, the nesting depth, and the chain of includes and variables."""

    file: str
    depth: int
    chain: tuple[str, ...] = ()

    def deeper(self) -> "_Site":
        if self.depth >= MAX_DEPTH:
            raise ConfError(Place(self.file), f"blocks and lists are nested more than {MAX_DEPTH} levels deep")
        return _Site(self.file, self.depth + 1, self.chain)

    def through(self, link: str, file: str, place: Place) -> "_Site":
        if link in self.chain:
            raise ConfError(place, f"{link} refers to itself")
        if len(self.chain) >= _MAX_CHAIN:
            raise ConfError(place, f"more than {_MAX_CHAIN} includes or variables refer to each other")
        return _Site(file, self.depth, (*self.chain, link))


class _Scope:
    """The keys of a block that were read so far."""

    __slots__ = ("origins", "used", "values")

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}
        self.origins: dict[str, Origin] = {}
        self.used: set[str] = set()

    def set(self, key: str, value: Value, origin: Origin) -> None:
        self.values[key] = value
        self.origins[key] = origin
        self.used.discard(key)

    def include(self, block: Block) -> None:
        for entry, origin in zip(block.entries, block.origins, strict=True):
            if not isinstance(entry, Include):
                self.set(*entry, origin)
        self.used |= block.used

    def block(self) -> Block:
        return Block.read(tuple(self.values.items()), tuple(self.origins.values()), self.used)


_Scopes = tuple[_Scope, ...]


class _Expansion:
    def __init__(self, environment: Environment, includes: Mapping[str, str], bounded: frozenset[str]) -> None:
        self.reads_own_keys = False
        self.included: set[str] = set()
        self._environment = environment
        self._includes = includes
        self._bounded = bounded
        self._weight = 0
        self._environment_weight = 0

    def block(self, tree: Block, scopes: _Scopes, site: _Site) -> Block:
        scope = _Scope()
        inner = (*scopes, scope)
        for index, entry in enumerate(tree.entries):
            if isinstance(entry, Include):
                scope.include(self._file(entry, site))
            else:
                origin = tree.origins[index] if tree.origins else None
                scope.set(entry[0], self._value(entry[1], inner, site), origin)
        return scope.block()

    def _value(self, value: Value, scopes: _Scopes, site: _Site) -> Value:
        match value:
            case str() | int() | float():
                return value
            case Block():
                return self.block(value, scopes, site.deeper())
            case tuple():
                inside = site.deeper()
                if not any(isinstance(item, Block | Variable | tuple) for item in value):
                    return value
                return tuple(self._value(item, scopes, inside) for item in value)
            case Variable():
                return self._variable(value, scopes, site)
            case _:
                return value

    def _file(self, include: Include, site: _Site) -> Block:
        path = joined(site.file, include.path)
        place = include.place or Place(site.file)
        inside = site.through(f"include {path}", path, place)
        text = self._includes.get(path)
        if text is None:
            raise ConfError(place, f"the included file {path} does not exist")
        self.included.add(path)
        if path in self._bounded:
            self.spend(len(text), place)
        return self.block(parse(text, path), (), inside)

    def _variable(self, variable: Variable, scopes: _Scopes, site: _Site) -> Value:
        place = variable.place or Place(site.file)
        for scope in reversed(scopes):
            if variable.name in scope.values:
                self.reads_own_keys = True
                scope.used.add(variable.name)
                return self._copied(scope.values[variable.name], place, site)
        text = self._environment.text(variable.name)
        if text is None and self._environment.may_have(variable.name):
            return variable
        if text is None:
            problem = "this variable is neither an earlier key nor an environment variable; quote it if it is text"
            raise ConfError(place, problem)
        self._spend_on_environment(len(text), place)
        name = f"environment variable {variable.name}"
        inside = site.through(name, "", place)
        return self.block(parse(f"{VALUE_KEY}={text}", name), (), inside)[VALUE_KEY]

    def _copied(self, value: Value, place: Place, site: _Site) -> Value:
        """The value itself. Its copy counts like its text."""
        if site.depth + self._spend_on_copy(value, place) > MAX_DEPTH:
            raise ConfError(place, f"with this variable, blocks and lists are nested more than {MAX_DEPTH} levels deep")
        return value

    def _spend_on_copy(self, value: Value, place: Place) -> int:
        """Count a copy, and return the nesting depth of the value; 0 for a scalar."""
        match value:
            case Block():
                self.spend(_VALUE_WEIGHT + sum(map(len, value)), place)
                return 1 + max((self._spend_on_copy(item, place) for item in value.values()), default=0)
            case tuple():
                self.spend(_VALUE_WEIGHT, place)
                return 1 + max((self._spend_on_copy(item, place) for item in value), default=0)
            case _:
                self.spend(_VALUE_WEIGHT + (len(value) if isinstance(value, str) else 0), place)
                return 0

    def spend(self, characters: int, place: Place) -> None:
        self._weight += characters
        check_size(self._weight, place)

    def _spend_on_environment(self, characters: int, place: Place) -> None:
        self._environment_weight += characters
        if self._environment_weight > MAX_ENVIRONMENT_CHARACTERS:
            problem = f"environment variables add more than {MAX_ENVIRONMENT_CHARACTERS:,} characters; use a file"
            raise ConfError(place, problem)


def check_size(characters: int, place: Place) -> None:
    """Raise ConfError if the configuration is too large. Must be called before parsing it."""
    if characters > MAX_CHARACTERS:
        problem = (
            f"the configuration, with its includes and variables, is larger than {MAX_CHARACTERS:,} characters;"
            " make it smaller"
        )
        raise ConfError(place, problem)


def joined(including: str, path: str) -> str:
    """Go's filepath.Join(filepath.Dir(including), path): even an absolute path is below the folder (parse.go)."""
    folder = posixpath.dirname(including) or "."
    return posixpath.normpath(f"{folder.rstrip('/')}/{path}" if folder.strip("/") else f"/{path.lstrip('/')}")
