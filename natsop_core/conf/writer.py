"""Writes a tree as text, with the quoting that nats-server's lexer needs.

Strings are always quoted, because an unquoted `1k`, `yes` or `1.5` is not a string. The lexer knows only the escapes
`\\t \\n \\r \\" \\\\ \\xHH` (lex.go, lexStringEscape), and none in keys and includes. Every list item is on its own
line: the server reads the `1]` of `[1]` as an unquoted string (lex.go, lexNumberOrDateOrStringOrIP).
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from natsop_core.conf.values import Block, Datetime, Entry, Include, Value, Variable

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_ESCAPED = re.compile(r"[\x00-\x1f\x7f\"\\\udc80-\udcff]")
_SHORT_ESCAPES = {"\t": r"\t", "\n": r"\n", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def write(tree: Block) -> str:
    """The text of a whole file. `parser.parse` returns the same tree for it."""
    return "".join(f"{line}\n" for line in _file(tree))


def _file(tree: Block) -> Iterator[str]:
    """The lines of a file, with empty lines around blocks of the first level."""
    after_block = False
    for number, entry in enumerate(tree.entries):
        is_block = isinstance(entry, tuple) and type(entry[1]) is Block
        if number and (is_block or after_block):
            yield ""
        after_block = is_block
        yield from _entry(entry, "")


def _entry(entry: Entry, indent: str) -> list[str]:
    if isinstance(entry, Include):
        return [f"{indent}include {_quoted_without_escapes(entry.path)}"]
    key, value = entry
    name = key if _PLAIN_KEY.fullmatch(key) and key.lower() != "include" else _quoted_without_escapes(key)
    return _value(value, indent, f"{indent}{name}{'' if type(value) is Block else ':'} ")


def _value(value: Value, indent: str, start: str) -> list[str]:
    """The lines of a value. start: the start of the first line."""
    inner = f"{indent}  "
    match value:
        case str() | int() | float() | Datetime() | Variable():
            return [f"{start}{_scalar(value)}"]
        case Block():
            lines = [line for entry in value.entries for line in _entry(entry, inner)]
            return [f"{start}{{", *lines, f"{indent}}}"] if lines else [f"{start}{{}}"]
        case tuple():
            lines = [line for item in value for line in _value(item, inner, inner)]
            return [f"{start}[", *lines, f"{indent}]"] if lines else [f"{start}[]"]


def _scalar(value: str | int | float | bool | Datetime | Variable) -> str:
    match value:
        case str():
            return f'"{_ESCAPED.sub(_escape, value)}"'
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case Datetime():
            return value.text
        case Variable():
            return f"${value.name}"


def _float(value: float) -> str:
    """The number with digits on both sides of the point, and without an exponent, which the lexer does not know."""
    digits = format(Decimal(repr(value)), "f")
    return digits if "." in digits else f"{digits}.0"


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    return f"\\x{character.encode('utf-8', 'surrogateescape')[0]:02x}"


def _quoted_without_escapes(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'
