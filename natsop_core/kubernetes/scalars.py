"""Validates scalar values. Messages never contain the value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.structural import QUANTITY_PATTERN

if TYPE_CHECKING:
    from natsop_core.kubernetes.openapi import Schema

UNKNOWN: Final = "unknown field"

_TIME: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
_INTEGERS: Final = {"int32": 2**31, "int64": 2**63}
_EXACT: Final = 2**53
"""Floating point numbers represent all smaller integers exactly."""


def scalar_fault(value: Any, schema: Schema) -> str | None:
    """The problem with the value, as a message for users; None if there is none."""
    form, kind = schema.get("format"), schema.get("type")
    if form == "quantity":
        return None if is_quantity(value) else "must be a quantity such as 500m, 2Gi or 10"
    if form == "int-or-string":
        return None if isinstance(value, str) or _is_integer(value, "int64") else "must be an integer or a string"
    if kind == "integer":
        return _integer_fault(value, schema)
    if kind == "boolean":
        return None if isinstance(value, bool) else "must be true or false"
    if kind == "string":
        return _string_fault(value, schema) if isinstance(value, str) else "must be a string"
    return "must be a list" if kind == "array" else "must be an object"


def is_quantity(value: Any) -> bool:
    """Whether the schema of a CRD accepts the value as a quantity: an integer, or a string in the right format."""
    return _matches(QUANTITY_PATTERN, value) if isinstance(value, str) else _is_integer(value, "int64")


def whole(number: float) -> int | None:
    """The integer that equals a floating point number, or None if there is none."""
    return int(number) if -_EXACT < number < _EXACT and number.is_integer() else None


def words(items: Sequence[str], link: str) -> str:
    """A list in words: a, b and c."""
    *others, last = items
    return f"{', '.join(others)} {link} {last}" if others else last


def _is_integer(value: Any, form: str) -> bool:
    bound = _INTEGERS[form]
    number = whole(value) if isinstance(value, float) else value
    return isinstance(number, int) and not isinstance(number, bool) and -bound <= number < bound


def _integer_fault(value: Any, schema: Schema) -> str | None:
    if not _is_integer(value, "int64"):
        return "must be an integer"
    if value < schema.get("minimum", value):
        return f"must be at least {schema['minimum']}"
    if value > schema.get("maximum", value):
        return f"must be at most {schema['maximum']}"
    return None if _is_integer(value, schema.get("format", "int64")) else "must be an integer of 32 bits"


def _string_fault(text: str, schema: Schema) -> str | None:
    if len(text) > schema.get("maxLength", len(text)):
        return f"must have at most {schema['maxLength']} characters"
    if len(text) < schema.get("minLength", 0):
        return "must not be empty"
    if not _matches(schema.get("pattern", ""), text):
        return str(schema.get("message", f"must match {schema['pattern']}"))
    if text not in schema.get("enum", (text,)):
        choices = [f"'{word}'" for word in schema["enum"] if word]
        return f"must be {words(choices, 'or')}"
    if schema.get("format") == "date-time" and not _is_time(text):
        return "must be a time such as 2006-01-02T15:04:05Z"
    return None


def _is_time(text: str) -> bool:
    """Whether Go accepts the text as RFC 3339."""
    try:
        return re.fullmatch(_TIME, text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _matches(pattern: str, text: str) -> bool:
    return bool(_compiled(pattern).search(text))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of a schema. Unlike in Python, the dollar sign matches only at the very end."""
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern, re.ASCII)
