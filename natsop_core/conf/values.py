"""The types of the nats.conf tree: the content of a configuration, without its spelling.

A `Block` is an immutable, ordered mapping. Its values are strings, integers, floats, booleans, lists (as tuples),
blocks and `Variable`s; between its keys there can be `Include`s.
All values are checked here, once, so that every tree can be written (`writer.py`).
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias, Union

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.conf.errors import Place, Source

# A str is also a Sequence[Item], of its characters: so str comes first, and is handled first.
Item: TypeAlias = Union[str, int, float, bool, "Datetime", "Variable", "Block", Sequence["Item"]]
Value: TypeAlias = Union[str, int, float, bool, "Datetime", "Variable", "Block", tuple["Value", ...]]
Entry: TypeAlias = Union[tuple[str, Value], "Include"]
Origin: TypeAlias = "tuple[Source, int] | None"  # the text with a key, and the offset of the key

BCRYPT_PREFIX = "2a$"  # parse.go, bcryptPrefix: a bare $2a$11$… is a password hash, not a variable

_BARE_WORD = re.compile(r"[^\\\n\r;,\]}\t '\0]*")
_DATETIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z")


@frozen
class Datetime:
    """An unquoted time such as `2030-01-02T03:04:05Z`. No option uses one, but a file may contain one."""

    text: str

    def __post_init__(self) -> None:
        if not _is_datetime(self.text):
            raise ValueError("not a time of the form 2030-01-02T03:04:05Z")


@frozen
class Variable:
    """An unquoted `$name`: an earlier key of this block or of a block around it, else an environment variable.

    The server parses the text of an environment variable like a part of the file: `10-0` is a malformed date.
    """

    name: str
    place: Place | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not _BARE_WORD.fullmatch(self.name) or self.name.startswith(BCRYPT_PREFIX) or not _is_text(self.name):
            raise ValueError(
                "a variable name must not contain whitespace, quotes, backslashes, ; , ] } or a bcrypt hash"
            )


@frozen
class Include:
    """The keys of another file. The path is always relative to the folder of the including file."""

    path: str
    place: Place | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.path or not _is_quotable(self.path):
            raise ValueError("the path of an include must not be empty, or contain NUL or both kinds of quote")


@dataclass(frozen=True, init=False, repr=False)
class Block(Mapping[str, Value]):
    """An ordered `{ … }`, or a whole file.

    `Block(port=4222, jetstream=None)` leaves out values that are None. Includes, and keys that are not Python names,
    come first: `Block(Include("a.conf"), ("orders.>", True))`. `a | b` is a followed by b: for a key in both, b wins.

    Raises ValueError for a value that nats.conf cannot express, TypeError for any other type of value.
    origins: the place of each entry, for a block that was parsed. used: the keys that are used as variables.
    """

    entries: tuple[Entry, ...]
    origins: tuple[Origin, ...] = field(compare=False)
    used: frozenset[str] = field(compare=False)
    _values: Mapping[str, Value] = field(compare=False)

    def __init__(self, *entries: tuple[str, Item | None] | Include, **values: Item | None) -> None:
        checked: list[Entry] = []
        for entry in (*entries, *values.items()):
            if isinstance(entry, Include):
                checked.append(entry)
            elif entry[1] is not None:
                checked.append((checked_key(entry[0]), _checked(entry[1])))
        _fill(self, tuple(checked), (), frozenset())

    @classmethod
    def read(cls, entries: Sequence[Entry], origins: Sequence[Origin] = (), used: Iterable[str] = ()) -> Block:
        """A block of entries that were already checked, because they come from a text or from another block."""
        block = cls.__new__(cls)
        _fill(block, tuple(entries), tuple(origins), frozenset(used))
        return block

    def place_of(self, key: str) -> Place | None:
        """The place of the value that counts, if the block was parsed."""
        for entry, origin in zip(reversed(self.entries), reversed(self.origins), strict=False):
            if origin and not isinstance(entry, Include) and entry[0] == key:
                source, offset = origin
                return source.place(offset)
        return None

    @property
    def files(self) -> dict[str, str]:
        """The file of the value of each key, as far as it was parsed."""
        origins = zip(self.entries, self.origins, strict=False)
        return {entry[0]: origin[0].file for entry, origin in origins if origin and not isinstance(entry, Include)}

    @property
    def includes(self) -> tuple[Include, ...]:
        """The includes of this block itself, in order."""
        return tuple(entry for entry in self.entries if isinstance(entry, Include))

    def __or__(self, other: Block) -> Block:
        kept = (entry for entry in self.entries if isinstance(entry, Include) or entry[0] not in other)
        return Block(*kept, *other.entries)

    def __getitem__(self, key: str) -> Value:
        """The value of a key; the last one if a file has it twice."""
        return self._values[key]

    def items(self) -> ItemsView[str, Value]:
        """Its keys with the values that count."""
        return self._values.items()

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """Only the keys, because a value may be a password. `writer.write` shows everything."""
        return f"Block({', '.join(f'{key}=…' for key in self)})"


def _fill(block: Block, entries: tuple[Entry, ...], origins: tuple[Origin, ...], used: frozenset[str]) -> None:
    object.__setattr__(block, "entries", entries)
    object.__setattr__(block, "origins", origins)
    object.__setattr__(block, "used", used)
    object.__setattr__(block, "_values", dict(entry for entry in entries if not isinstance(entry, Include)))


def _checked(value: Item) -> Value:
    match value:
        case str():
            return _checked_string(value)
        case bool():
            return value
        case int():
            if not -(2**63) <= value < 2**63:
                raise ValueError("an integer must fit into 64 bits")
            return value
        case float():
            if not math.isfinite(value):
                raise ValueError("a float must be finite")
            return value
        case Datetime() | Variable() | Block():
            return value
        case list() | tuple():
            return tuple(_checked(item) for item in value)
        case _:
            raise TypeError(f"nats.conf has no values of the type {type(value).__name__}")


def _checked_string(value: str) -> str:
    """The string. Bytes that are not UTF-8 (from `\\xff`) are kept as lone surrogates (Python's `surrogateescape`)."""
    if value.isascii():
        return value
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise ValueError("a string must not contain half of a surrogate pair") from None


def checked_key(key: str) -> str:
    """The key itself. Raises ValueError if it cannot be written: keys have no escapes (lex.go, lexMapDubQuotedKey)."""
    if not _is_quotable(key):
        raise ValueError("a key must not contain NUL or both kinds of quote")
    return key


def _is_quotable(text: str) -> bool:
    return "\0" not in text and not ('"' in text and "'" in text) and _is_text(text)


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _is_datetime(text: str) -> bool:
    found = _DATETIME.fullmatch(text)
    if found is None:
        return False
    year, month, day, hour, minute, second = map(int, found.groups())
    return (
        1 <= month <= 12
        and 1 <= day <= calendar.monthrange(year, month)[1]
        and hour < 24
        and minute < 60
        and second < 60
    )
