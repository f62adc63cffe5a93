"""The vendored schemas of Kubernetes types: a subset of OpenAPI v3, loaded on first use.

`tests/testbed/refresh_openapi.py` writes the file. References are short type names. `format` is `quantity` or
`int-or-string` for the two types that OpenAPI can only describe as a choice of types. The schemas of our models use the
same dialect; `message` describes a pattern in words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data
from typing import Any

from natsop_core.kubernetes.custom_kinds import CUSTOM_KINDS

Schema = Mapping[str, Any]


@cache
def _document() -> Schema:
    document: Schema = json.loads(get_data(__package__, "openapi.json") or b"")
    return document


def types() -> Mapping[str, Schema]:
    """All vendored types, by short name such as `PodSpec`."""
    known: Mapping[str, Schema] = _document()["types"]
    return known


def kind_schema(api_version: str, kind: str) -> Schema:
    """The schema of a whole object; KeyError for an unknown kind."""
    name = f"{api_version}/{kind}"
    return CUSTOM_KINDS[name] if name in CUSTOM_KINDS else types()[_document()["kinds"][name]]


def resolved(schema: Schema) -> Schema:
    """The schema, or the type that it refers to."""
    return types()[schema["$ref"]] if "$ref" in schema else schema


def part_of(schema: Schema, name: str) -> Schema | None:
    """The schema of an object's field with that name, or None if there is no such field.

    For an optional enumeration, an empty text counts as unset, like in Go.
    """
    part: Schema | None = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
    if part is not None and "enum" in part and "default" not in part and name not in schema.get("required", ()):
        return {**part, "enum": [*part["enum"], ""]}
    return part
