"""The chart's values as values.yaml describes them in its comments, and what is made of that: a schema and a table.

A comment that begins with `# -- ` describes the value below it; a line `# @schema {…}` adds to what the default says of
its type: a map has the keys that it shows and no others, unless it is empty or its schema says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

Schema = dict[str, Any]

_DESCRIPTION: Final = "-- "
_SCHEMA: Final = "@schema "
_KEY: Final = re.compile(r"( *)([\w.-]+):(?: |$)")

FOR_PARENT_CHARTS: Final[dict[str, Schema]] = {
    "global": {"type": "object", "description": "Helm passes it to every chart that another one depends on."},
    "enabled": {"type": "boolean", "description": "For another chart that depends on this one under a condition."},
}
"""What the chart does not read, and what must not be refused."""


class UndescribedValueError(Exception):
    """A value without a description."""


@dataclass(frozen=True)
class Value:
    """One that a user sets as a whole. path: its keys. schema: what the comment says of it."""

    path: tuple[str, ...]
    default: Any
    description: str
    schema: Schema

    @property
    def name(self) -> str:
        """As for `helm --set`."""
        return ".".join(self.path)


def read(file: Path) -> list[Value]:
    """The values of a values.yaml, in its order."""
    defaults = YAML(typ="safe").load(file)
    return list(_values(file.read_text().splitlines(), defaults))


def _values(lines: list[str], defaults: Any) -> Iterator[Value]:
    described: tuple[str, ...] | None = None  # the value that further lines belong to
    path: list[str] = []
    comment: list[str] = []
    for line in lines:
        if line.lstrip().startswith("#"):
            comment.append(line.strip().removeprefix("#").strip())
            continue
        key = _KEY.match(line)
        if key is None:
            comment = []
            continue
        path = [*path[: len(key[1]) // 2], key[2]]
        if described is None or tuple(path[: len(described)]) != described:
            described = None
            value = _value(tuple(path), _at(defaults, path), comment)
            if value is not None:
                described = value.path
                yield value
        comment = []


def _value(path: tuple[str, ...], default: Any, comment: list[str]) -> Value | None:
    """What is described, or None for a map whose keys are."""
    text = " ".join(line for line in comment if not line.startswith(_SCHEMA))
    if not text.startswith(_DESCRIPTION):
        if isinstance(default, dict) and default:
            return None
        raise UndescribedValueError(".".join(path))
    schema = [line.removeprefix(_SCHEMA) for line in comment if line.startswith(_SCHEMA)]
    return Value(path, default, text.removeprefix(_DESCRIPTION), json.loads(schema[0]) if schema else {})


def _at(tree: Any, path: list[str]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def schema(values: list[Value]) -> Schema:
    """A JSON schema that takes these values and no others."""
    root = {"$schema": "http://json-schema.org/draft-07/schema#", **_closed()}
    for value in values:
        place = root
        for key in value.path[:-1]:
            place = place["properties"].setdefault(key, _closed())
        place["properties"][value.path[-1]] = {"description": value.description, **_type(value.default), **value.schema}
    root["properties"] |= FOR_PARENT_CHARTS
    return root


def _closed() -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _type(default: Any) -> Schema:
    match default:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array"}
        case dict():
            return {"type": "object"}
        case _:
            raise TypeError(f"values.yaml has a default of a type that is not expected: {default!r}")


def table(values: list[Value]) -> str:
    """A Markdown table of the values, with what a JSON reader understands as their defaults."""
    rows = [f"| `{each.name}` | {_cell(each.description)} | `{_cell(json.dumps(each.default))}` |" for each in values]
    return "\n".join(["| value | what it is | default |", "| --- | --- | --- |", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
