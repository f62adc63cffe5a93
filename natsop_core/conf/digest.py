"""The digest that nats-server itself gives a configuration: `config_digest` in /varz.

It is the SHA-256 of the configuration as Go's encoding/json writes it (conf/parse.go, configDigest), after variables
and includes are in place: it differs from pod to pod, and equals ours when that server has loaded what we wrote.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from natsop_core.conf.values import Block, Datetime, Value, Variable

_REPORTS_DIGEST = (2, 11, 0)
_KEEPS_VARIABLES = (2, 12, 6)  # before, keys that a variable referred to were left out of the digest

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")

_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\udc80-\udcff]')
_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


@dataclass(frozen=True)
class Unknown:
    """The digest cannot be known. The reason is a sentence for a condition's message and holds no value of the file."""

    reason: str


class ServerDigest:
    """The digests of one configuration on all its servers: it is written out once, with gaps for their variables."""

    def __init__(self, tree: Block, *, reads_own_keys: bool) -> None:
        self._reads_own_keys = reads_own_keys
        start, *self._rest = go_json(tree)
        self._start = hashlib.sha256(str(start).encode())

    def of(self, variables: Mapping[str, str], version: str | None) -> str | Unknown:
        """What a server reports for which the variables are these strings.

        `version`, when it is known, is the server's own word (`2.12.6`): it matters where keys serve as variables.
        Unknown where the version reports none, and where the value of a variable is not known.
        """
        number = _VERSION.match(version or "")
        release = tuple(map(int, number.groups())) if number else _REPORTS_DIGEST
        if release < _REPORTS_DIGEST:
            return Unknown(f"nats-server {version} does not report a digest of its configuration; 2.11 and newer do.")
        if self._reads_own_keys and release < _KEEPS_VARIABLES:
            return Unknown("Before 2.12.6, nats-server leaves keys that are used as variables out of its digest.")
        digest = self._start.copy()
        for part in self._rest:
            if isinstance(part, Variable):
                if part.name not in variables:
                    return Unknown(f"The configuration uses ${part.name}, whose value the operator does not read.")
                digest.update(_string(variables[part.name]).encode())
            else:
                digest.update(part.encode())
        return f"sha256:{digest.hexdigest()}"


def go_json(tree: Block) -> list[str | Variable]:
    """An expanded tree as Go's json.Encoder writes it: sorted keys, HTML-safe escapes, a new line at the end.

    In parts: texts and, between them, the variables whose values are not known yet.
    """
    parts: list[str | Variable] = []
    _add_json(tree, parts)
    parts.append("\n")
    return _joined(parts)


def _joined(parts: list[str | Variable]) -> list[str | Variable]:
    """The same with one text where several follow each other."""
    joined: list[str | Variable] = []
    for is_text, group in groupby(parts, key=lambda part: isinstance(part, str)):
        members = list(group)
        joined += ["".join(map(str, members))] if is_text else members
    return joined


def _add_json(value: Value, parts: list[str | Variable]) -> None:
    match value:
        case Block():
            separator = "{"
            for key in sorted(value):
                parts.append(f"{separator}{_string(key)}:")
                _add_json(value[key], parts)
                separator = ","
            parts.append("}" if len(value) else "{}")
        case tuple():
            separator = "["
            for item in value:
                parts.append(separator)
                _add_json(item, parts)
                separator = ","
            parts.append("]" if value else "[]")
        case Variable():
            parts.append(value)
        case _:
            parts.append(_scalar(value))


def _scalar(value: Value) -> str:
    match value:
        case str():
            return _string(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float(value)
        case Datetime():
            return f'"{value.text}"'
        case _:
            raise TypeError(f"a {type(value).__name__} is left in a tree that should be expanded")


def _string(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character >= "\udc80":
        return r"\ufffd"  # a byte that is no UTF-8
    return f"\\u{ord(character):04x}"


def _float(value: float) -> str:
    """The shortest digits; an exponent below 1e-6 and from 1e21 on, 1e-7 not 1e-07 (encoding/json, floatEncoder)."""
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        return repr(value).replace("e-0", "e-")
    return format(Decimal(repr(value)), "f").removesuffix(".0")
