"""What a plain word in YAML means to kubectl: the rules of go-yaml v2 and sigs.k8s.io/yaml, not those of YAML 1.1.

Both of YAML 1.1's booleans (yes, on) and octal numbers (0644) count, its base 60 numbers (12:30) do not, dates stay
texts, and a whole float is an integer, since it becomes one on its way through JSON (go.yaml.in/yaml/v2 resolve.go).
"""

from __future__ import annotations

import math
import re
from typing import Final

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, Scalar]] = {
    **{word: True for each in ("y", "yes", "true", "on") for word in (each, each.capitalize(), each.upper())},
    **{word: False for each in ("n", "no", "false", "off") for word in (each, each.capitalize(), each.upper())},
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER: Final = re.compile(
    r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[oO]([0-7]+)|0[bB]([01]+)|0([0-7]+)|(0|[1-9][0-9]*))", re.ASCII
)
_BASES: Final = (16, 8, 2, 8, 10)
_MOST_DIGITS: Final = len(str(2**64))
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)

_STRING: Final = "tag:yaml.org,2002:str"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "tag:yaml.org,2002:bool": (bool,),
    "tag:yaml.org,2002:int": (int,),
    "tag:yaml.org,2002:float": (int, float),
    "tag:yaml.org,2002:null": (type(None),),
    "tag:yaml.org,2002:timestamp": (str,),
}


class NotJsonError(ValueError):
    """A value that YAML can say and JSON cannot, so that no API server would ever see it; the message says why."""


def scalar(text: str, tag: str | None, *, plain: bool) -> Scalar:
    """The value of a scalar. `plain`: it is neither quoted nor a block. Raises NotJsonError."""
    if tag is None:
        return json_value(plain_scalar(text)) if plain else text
    if tag in ("!", _STRING):
        return text
    if tag not in _TYPES:
        raise NotJsonError(f"the tag {tag.replace('tag:yaml.org,2002:', '!!')} is not supported")
    value = json_value(plain_scalar(text))
    if not isinstance(value, _TYPES[tag]) or (isinstance(value, bool) and bool not in _TYPES[tag]):
        raise NotJsonError(f"not a value of the type {tag.replace('tag:yaml.org,2002:', '!!')}")
    return value


def json_value(value: Scalar) -> Scalar:
    """The value once it went through JSON, as kubectl sends it."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise NotJsonError("infinite numbers and not-a-number cannot be sent to Kubernetes")
    return int(value) if value.is_integer() and -(2**63) <= value < 2**63 else value


def plain_scalar(text: str) -> Scalar:
    """The value of an unquoted word."""
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first == ".":
        return _float(text)
    if first in "+-0123456789":
        digits = text.replace("_", "")
        integer = _integer(digits)
        found = _float(digits) if integer is None else integer
        return text if isinstance(found, str) else found
    return text


def _integer(text: str) -> int | None:
    """Go's strconv.ParseInt in base 0, or ParseUint for what is larger than an int64."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    sign, *digits = match.groups()
    if len(digits[-1] or "") > _MOST_DIGITS:  # Python refuses to read thousands of them
        return None
    number = next(int(part, base) for part, base in zip(digits, _BASES, strict=True) if part)
    if sign:
        number = -number if sign == "-" else number
        return number if -(2**63) <= number < 2**63 else None
    return number if number < 2**64 else None


def _float(text: str) -> float | str:
    """A float; the text itself where it is none, or too large to be one."""
    if not _FLOAT.fullmatch(text):
        return text
    number = float(text)
    return number if math.isfinite(number) else text
