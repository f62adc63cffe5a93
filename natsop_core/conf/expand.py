"""Tree -> what one server sees: variables and includes replaced, of repeated keys the last (conf/parse.go).

A variable is looked up among the keys read so far in its block and the blocks around it, within its own file, and then
in the environment, whose text is parsed as if it stood in the file. An included file replaces the keys it has, whole.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from natsop_core.conf.errors import ConfError, Place
from natsop_core.conf.parser import MAX_DEPTH, parse, tree_of
from natsop_core.conf.values import Block, Include, Value, Variable

_MAX_CHAIN = 16  # includes of includes, variables of variables
_MAX_WEIGHT = 4 * 2**20  # about the characters that substitutions may add: a small file can name itself into terabytes
_VALUE_WEIGHT = 16
_ENVIRONMENT_KEY = "pk"  # parse.go, pkey

_Scopes = tuple[Mapping[str, Value], ...]


@dataclass(frozen=True)
class Expanded:
    """`tree` holds no variable and no include. `reads_own_keys`: a variable stood for a key of the configuration."""

    tree: Block
    reads_own_keys: bool


def expand(
    tree: Block, *, environment: Mapping[str, str], includes: Mapping[str, str], file: str = "nats.conf"
) -> Expanded:
    """What a server with this environment makes of `tree`, the content of `file`.

    `includes` maps paths to texts. A path is the including file's folder joined with what is written, normalised:
    `../nats-auth/auth.conf` in `/etc/nats-config/nats.conf` is `/etc/nats-auth/auth.conf`.
    Raises ConfError where the server would not start, or for configurations that expand beyond all reason.
    """
    expansion = _Expansion(environment, includes)
    return Expanded(expansion.block(tree, (), _Site(file, 0)), expansion.reads_own_keys)


@dataclass(frozen=True)
class _Site:
    """Where expansion is: the file, how deep in blocks and lists, and the files and variables it came through."""

    file: str
    depth: int
    chain: tuple[str, ...] = ()

    def deeper(self, place: Place | None) -> "_Site":
        if self.depth >= MAX_DEPTH:
            raise ConfError(place or Place(self.file), f"this is nested more than {MAX_DEPTH} levels deep")
        return _Site(self.file, self.depth + 1, self.chain)

    def through(self, link: str, file: str, place: Place | None) -> "_Site":
        if link in self.chain:
            raise ConfError(place or Place(self.file), f"{link} refers to itself")
        if len(self.chain) >= _MAX_CHAIN:
            raise ConfError(place or Place(self.file), f"more than {_MAX_CHAIN} includes or variables lead here")
        return _Site(file, self.depth, (*self.chain, link))


class _Expansion:
    def __init__(self, environment: Mapping[str, str], includes: Mapping[str, str]) -> None:
        self.reads_own_keys = False
        self._environment = environment
        self._includes = includes
        self._weight = 0

    def block(self, tree: Block, scopes: _Scopes, site: _Site) -> Block:
        keys: dict[str, Value] = {}
        inner = (*scopes, keys)
        for entry in tree.entries:
            if isinstance(entry, Include):
                keys.update(self._file(entry, site))
            else:
                keys[entry[0]] = self._value(entry[1], inner, site)
        return Block(*keys.items())

    def _value(self, value: Value, scopes: _Scopes, site: _Site) -> Value:
        match value:
            case Block():
                return self.block(value, scopes, site.deeper(None))
            case tuple():
                return tuple(self._value(item, scopes, site.deeper(None)) for item in value)
            case Variable():
                return self._variable(value, scopes, site)
            case _:
                return value

    def _file(self, include: Include, site: _Site) -> Block:
        path = joined(site.file, include.path)
        inside = site.through(f"include {path}", path, include.place)
        text = self._includes.get(path)
        if text is None:
            raise ConfError(include.place or Place(site.file), f"the included file {path} is not there")
        self._spend(len(text), include.place, site)
        return self.block(tree_of(text, path), (), inside)

    def _variable(self, variable: Variable, scopes: _Scopes, site: _Site) -> Value:
        for scope in reversed(scopes):
            if variable.name in scope:
                self.reads_own_keys = True
                return self._measured(scope[variable.name], variable, site)
        text = self._environment.get(variable.name)
        if text is None:
            problem = "this variable is neither an earlier key nor in the environment; quote it if it is text"
            raise ConfError(variable.place or Place(site.file), problem)
        self._spend(len(text), variable.place, site)
        name = f"environment variable {variable.name}"
        inside = site.through(name, "", variable.place)
        keys = self.block(parse(f"{_ENVIRONMENT_KEY}={text}", name), (), inside)
        return keys[_ENVIRONMENT_KEY]

    def _measured(self, value: Value, variable: Variable, site: _Site) -> Value:
        """The value itself; a copy of it counts like its text would."""
        levels = self._spend_on_copy(value, variable, site)
        if site.depth + levels > MAX_DEPTH:
            problem = f"with this variable it is nested more than {MAX_DEPTH} levels deep"
            raise ConfError(variable.place or Place(site.file), problem)
        return value

    def _spend_on_copy(self, value: Value, variable: Variable, site: _Site) -> int:
        """Returns how many levels deep the value is; a scalar is 0."""
        match value:
            case Block():
                self._spend(_VALUE_WEIGHT + sum(map(len, value)), variable.place, site)
                return 1 + max((self._spend_on_copy(item, variable, site) for item in value.values()), default=0)
            case tuple():
                self._spend(_VALUE_WEIGHT, variable.place, site)
                return 1 + max((self._spend_on_copy(item, variable, site) for item in value), default=0)
            case _:
                self._spend(_VALUE_WEIGHT + (len(value) if isinstance(value, str) else 0), variable.place, site)
                return 0

    def _spend(self, characters: int, place: Place | None, site: _Site) -> None:
        self._weight += characters
        if self._weight > _MAX_WEIGHT:
            raise ConfError(place or Place(site.file), "includes and variables make this configuration far too large")


def joined(including: str, path: str) -> str:
    """Go's filepath.Join(filepath.Dir(including), path): even an absolute path lies below the folder (parse.go)."""
    folder = posixpath.dirname(including) or "."
    return posixpath.normpath(f"{folder.rstrip('/')}/{path}" if folder.strip("/") else f"/{path.lstrip('/')}")
