"""Computes the digest that nats-server reports for its configuration (`config_digest` in /varz).

It is the SHA-256 of the configuration in Go's JSON encoding (conf/parse.go, configDigest), with variables and includes
replaced. So it differs between pods. If the reported digest equals the computed one, the server has loaded the current
configuration.
"""

import hashlib
import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby

from natsop_core.conf.values import Block, Datetime, Value, Variable
from natsop_core.frozen import frozen

_REPORTS_DIGEST = (2, 11, 0)
_KEEPS_VARIABLES = (2, 12, 6)  # earlier versions leave keys that are used as variables out of the digest

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")

_ESCAPED = re.compile('[\x00-\x1f"\\\\<>&\u2028\u2029\udc80-\udcff]')
_SHORT_ESCAPES = {'"': r"\"", "\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


@frozen
class Unknown:
    """The digest is unknown. reason: a sentence for the message of a condition, without values of the file."""

    reason: str


class ServerDigest:
    """The digests of one configuration on all its servers. It is encoded once, with gaps for their variables."""

    def __init__(self, tree: Block, *, reads_own_keys: bool) -> None:
        self._reads_own_keys = reads_own_keys
        start, *self._rest = go_json(tree)
        self._start = hashlib.sha256(str(start).encode())

    def of(self, variables: Mapping[str, str], version: str | None) -> str | Unknown:
        """The digest that a server with these values of the variables reports.

        version: the reported version of the server (`2.12.6`), if known; it matters if keys are used as variables.
        Unknown if the version does not report a digest, or if the value of a variable is unknown.
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
                    return Unknown(f"The configuration uses ${part.name}, whose value the operator does not know.")
                digest.update(_string(variables[part.name]).encode())
            else:
                digest.update(part.encode())
        return f"sha256:{digest.hexdigest()}"


def go_json(tree: Block) -> list[str | Variable]:
    """An expanded tree in the encoding of Go's json.Encoder: sorted keys, HTML-safe escapes, a newline at the end.

    The result is a list of texts and of variables whose values are not known yet.
    """
    parts: list[str | Variable] = []
    _add_json(tree, parts)
    parts.append("\n")
    return _joined(parts)


def _joined(parts: list[str | Variable]) -> list[str | Variable]:
    """The parts with adjacent texts joined."""
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
            raise TypeError(f"the tree is not expanded: it has a {type(value).__name__}")


def _string(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character >= "\udc80":
        return r"\ufffd"  # a byte that is not UTF-8
    return f"\\u{ord(character):04x}"


def _float(value: float) -> str:
    """The shortest digits; an exponent below 1e-6 and from 1e21 on, 1e-7 not 1e-07 (encoding/json, floatEncoder)."""
    if value != 0 and not 1e-6 <= abs(value) < 1e21:
        return repr(value).replace("e-0", "e-")
    return format(Decimal(repr(value)), "f").removesuffix(".0")
