"""Writing objects as YAML that means the same to every reader, and that a person likes to read.

Written here rather than by a library: of the 1,000 clusters of one `natsop render`, quoting and layout are most of the
work, and all that is ever written is what JSON can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_/$][\w./:$()=@%+,-]*(?<![:])(?: [\w./$()=@%+,-]+)*")
"""Texts that are strings unquoted in YAML 1.1 and 1.2 alike, save for the words below."""

_OTHER_TYPES: Final = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
"""Words that YAML 1.1 or 1.2, or one of their readers, takes for a boolean, null or number, in any case."""

_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}

_LONGEST_KEY: Final = 128
"""Readers of YAML look 1,024 characters ahead for a key's colon; a longer key needs a question mark."""


def to_yaml(objects: Iterable[Mapping[str, Any]]) -> str:
    """The objects as a stream of YAML documents, in block style, keys in their given order."""
    out: list[str] = []
    for each in objects:
        out.append("---\n" if each else "--- {}\n")
        _write_map(each, "", out, inline=False)
    return "".join(out)


def yaml_lines(value: Any) -> list[str]:
    """One value as lines of YAML, a text of several lines as it is."""
    if isinstance(value, str):
        return value.splitlines() if _fits_block(value) else [_flow_text(value)]
    out: list[str] = []
    if isinstance(value, Mapping) and value:
        _write_map(value, "", out, inline=False)
    else:
        _write_value(value, "", out)
    return "".join(out).strip().split("\n")


def _write_map(value: Mapping[str, Any], indent: str, out: list[str], *, inline: bool) -> None:
    """A map's lines. `inline`: the first goes on a line that was begun by a list's dash."""
    for key, part in value.items():
        text = _flow_text(key)
        out.append("" if inline else indent)
        out.append(f"{text}:" if len(text) <= _LONGEST_KEY else f"? {text}\n{indent}:")
        _write_value(part, indent, out)
        inline = False


def _write_list(value: list[Any] | tuple[Any, ...], indent: str, out: list[str], *, inline: bool) -> None:
    for part in value:
        out.append("-" if inline else f"{indent}-")
        inline = False
        if isinstance(part, Mapping) and part:
            out.append(" ")
            _write_map(part, indent + "  ", out, inline=True)
        elif isinstance(part, list | tuple) and part:
            out.append(" ")
            _write_list(part, indent + "  ", out, inline=True)
        else:
            _write_value(part, indent, out)


def _write_value(value: Any, indent: str, out: list[str]) -> None:
    """What comes after a key's colon or a list's dash."""
    if isinstance(value, str):
        out.append(f" {_block_text(value, indent + '  ') if _fits_block(value) else _flow_text(value)}\n")
    elif isinstance(value, Mapping):
        out.append("\n" if value else " {}\n")
        _write_map(value, indent + "  ", out, inline=False)
    elif isinstance(value, list | tuple):
        out.append("\n" if value else " []\n")
        _write_list(value, indent, out, inline=False)
    else:
        out.append(f" {_number(value)}\n")


def _number(value: bool | float | None) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    if isinstance(value, float) and "e" in text and "." not in text:
        return text.replace("e", ".0e")  # else YAML 1.1 takes it for a text
    return text


@lru_cache(maxsize=10_000)
def _flow_text(text: str) -> str:
    """A text on one line, in quotes where it needs any."""
    if _PLAIN.fullmatch(text) and text.lower() not in _OTHER_TYPES:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def _fits_block(text: str) -> bool:
    """A text of several lines that can be read as it is, between the lines of YAML."""
    return "\n" in text and not text.startswith((" ", "\n")) and text.replace("\n", "").isprintable()


def _block_text(text: str, indent: str) -> str:
    """The text as it is, with an indicator of how many newlines end it."""
    stripped = text.rstrip("\n")
    ending = {0: "-", 1: ""}.get(len(text) - len(stripped), "+")
    lines = "\n".join(indent + line if line else "" for line in text.removesuffix("\n").split("\n"))
    return f"|{ending}\n{lines}"
