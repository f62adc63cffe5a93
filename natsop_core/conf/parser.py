"""Parses nats.conf to a tree, with the grammar of nats-server's own parser (conf/lex.go), which is very tolerant.

The tree still has its variables, includes and repeated keys; `expand.py` replaces them. The parser rejects texts that
the server accepts but whose keys it drops or confuses: `{ key: }`, `1kbb`, `[1]`, a single `/`, a file that ends within
quotes or within braces around everything. It also rejects nesting deeper than MAX_DEPTH and keys with both kinds of
quote.
"""

import re
from typing import NoReturn

from natsop_core.conf.errors import Source
from natsop_core.conf.lexer import (
    BLANKS,
    BLANKS_AND_COMMENTS,
    KEY,
    SPACES,
    SPACES_AND_COMMENTS,
    Scanner,
    read_literal,
    read_scalar,
)
from natsop_core.conf.values import Block, Entry, Include, Origin, Value, checked_key

MAX_DEPTH = 32
"""Maximum nesting depth of blocks and lists; the options of nats-server need less than 10."""

_LONE_SLASH = "a single / is not allowed here; a comment starts with # or //"
_INCLUDE_WORD = re.compile(r"[^\n\r;} \t']*")
_BETWEEN_LOOSE_BLOCKS = re.compile(r"[ \t\n\r]*")


def parse(text: str, file: str = "nats.conf") -> Block:
    """Parse a whole file. file: its name, for errors. Raises only ConfError, for any text."""
    return _Parser(Scanner(text, file)).file()


class _Entries:
    """The entries of a block that were read so far."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._origins: list[Origin] = []

    def add(self, entry: Entry, source: Source, offset: int) -> None:
        self._entries.append(entry)
        self._origins.append((source, offset))

    def block(self) -> Block:
        return Block.read(self._entries, self._origins)


class _Parser:
    def __init__(self, scan: Scanner) -> None:
        self._scan = scan
        self._depth = 0

    def file(self) -> Block:
        """lexTop, lexTopValueEnd. A surplus } counts like the end of a line."""
        scan = self._scan
        entries = _Entries()
        while self._to_next():
            if scan.character == "{":
                self._loose_block(entries)
                continue
            self._entry(entries, BLANKS)
            scan.take(BLANKS_AND_COMMENTS)
            if scan.character and not self._skip_any("\n\r;,}"):
                self._fail_after_value("a new line, comma or semicolon")
        return entries.block()

    def _loose_block(self, entries: "_Entries") -> None:
        """Braces around keys of the first level, as in JSON, have no meaning (lexBlockStart, lexBlockValueEnd)."""
        scan = self._scan
        start = self._enter()
        while self._to_next() and scan.character != "}":
            if scan.character == "{":
                self._loose_block(entries)
                scan.take(_BETWEEN_LOOSE_BLOCKS)
                ended = self._skip_any(";,") or scan.character in ("}", "#", "/")
            else:
                self._entry(entries, BLANKS)
                scan.take(BLANKS_AND_COMMENTS)
                ended = self._skip_any("\n\r;,") or scan.character == "}"
            if not ended:
                self._fail_after_value("a new line, comma, semicolon or }")
        self._leave("}", start)

    def _block(self) -> Block:
        """lexMapKeyStart, lexMapValueEnd."""
        scan = self._scan
        start = self._enter()
        entries = _Entries()
        while self._to_next() and scan.character != "}":
            if scan.character == "]":
                scan.fail("this ] closes no list; remove it, or close the block with }")
            self._entry(entries, SPACES)
            scan.take(BLANKS_AND_COMMENTS)
            if not self._skip_any("\n\r;,") and scan.character != "}":
                self._fail_after_value("a new line, comma, semicolon or }")
        self._leave("}", start)
        return entries.block()

    def _list(self) -> tuple[Value, ...]:
        """lexArrayValue, lexArrayValueEnd."""
        scan = self._scan
        start = self._enter()
        items: list[Value] = []
        while self._to_next() and scan.character != "]":
            if scan.character == ",":
                scan.fail("there is no value before this comma; remove it")
            items.append(self._value())
            scan.take(BLANKS_AND_COMMENTS)
            if not self._skip_any("\n\r,") and scan.character != "]":
                self._fail_after_value("a new line, comma or ]")
        self._leave("]", start)
        return tuple(items)

    def _entry(self, entries: "_Entries", before_value: re.Pattern[str]) -> None:
        """A key and its value, or an include. A single } at the end of a file is ignored (parse.go, parse)."""
        scan = self._scan
        start = scan.at
        if scan.character in ("=", ":"):
            scan.fail("the key is missing before this")
        is_quoted = scan.character in ('"', "'")
        key = read_literal(scan) if is_quoted else scan.take(KEY)
        if not is_quoted and key.lower() == "include" and scan.character not in ("", "=", ":"):
            entries.add(self._include(start), scan.source, start)
            return
        scan.take(SPACES)
        if not scan.character:
            if key != "}":
                scan.fail("the key has no value", start)
            return
        self._skip_any("=:")
        scan.take(before_value)
        if before_value is SPACES and scan.character in (",", "}"):
            scan.fail("the key has no value", start)
        try:
            name = checked_key(key)
        except ValueError as error:
            scan.fail(str(error), start)
        entries.add((name, self._value()), scan.source, start)

    def _include(self, start: int) -> Include:
        """lexIncludeStart, lexInclude."""
        scan = self._scan
        scan.take(BLANKS)
        first = scan.character
        if first in ('"', "'"):
            path = read_literal(scan)
        elif first in ("[", "{", "(", "\\", "-") or first.isdecimal():
            scan.fail("the path of the include must be quoted")
        else:
            path = scan.take(_INCLUDE_WORD)
            self._skip_any("'")
        if not path:
            scan.fail("the path of the include is missing", start)
        return Include(path, scan.place(start))

    def _value(self) -> Value:
        """lexValue."""
        self._scan.take(BLANKS)
        match self._scan.character:
            case "{":
                return self._block()
            case "[":
                return self._list()
            case _:
                return read_scalar(self._scan)

    def _to_next(self) -> bool:
        """Skip spaces and comments; False at the end of the text."""
        self._scan.take(SPACES_AND_COMMENTS)
        if self._scan.character == "/":
            self._scan.fail(_LONE_SLASH)
        return bool(self._scan.character)

    def _fail_after_value(self, expected: str) -> NoReturn:
        if self._scan.character == "/":
            self._scan.fail(_LONE_SLASH)
        self._scan.fail(f"{expected} is missing before this; quote the value if this is part of it")

    def _skip_any(self, characters: str) -> bool:
        """Skip one of these characters, if there is one."""
        if not self._scan.character or self._scan.character not in characters:
            return False
        self._scan.at += 1
        return True

    def _enter(self) -> int:
        """Skip an opening bracket and return its offset."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._scan.fail(f"blocks and lists are nested more than {MAX_DEPTH} levels deep; no option needs this")
        self._scan.at += 1
        return self._scan.at - 1

    def _leave(self, closing: str, start: int) -> None:
        if self._scan.character != closing:
            self._scan.fail(f"the closing {closing} is missing; add it", start)
        self._scan.at += 1
        self._depth -= 1
