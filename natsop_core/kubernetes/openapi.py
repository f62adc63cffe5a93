"""The vendored structure of Kubernetes' types: an OpenAPI v3 subset, loaded when first asked for.

`tests/testbed/refresh_openapi.py` writes it. References are short type names; `format` is `quantity` or
`int-or-string` for the two types that OpenAPI can only describe as a choice of others. The schemas of our models are
of the same dialect, where `message` says in words what a pattern demands.
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
    """Every vendored type by its short name, such as `PodSpec`."""
    known: Mapping[str, Schema] = _document()["types"]
    return known


def kind_schema(api_version: str, kind: str) -> Schema:
    """The structure of a whole object; KeyError for a kind of which we know none."""
    name = f"{api_version}/{kind}"
    return CUSTOM_KINDS[name] if name in CUSTOM_KINDS else types()[_document()["kinds"][name]]


def resolved(schema: Schema) -> Schema:
    """The schema itself, or the type that it refers to."""
    return types()[schema["$ref"]] if "$ref" in schema else schema


def part_of(schema: Schema, name: str) -> Schema | None:
    """The schema of an object's field of that name, or None where the object knows no such field.

    To an optional word out of an enumeration, an empty text is the same as none, as it is to Go.
    """
    part: Schema | None = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
    if part is not None and "enum" in part and "default" not in part and name not in schema.get("required", ()):
        return {**part, "enum": [*part["enum"], ""]}
    return part
