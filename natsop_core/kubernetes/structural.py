"""Vendored types as the structural schemas of a CustomResourceDefinition: everything in place, no references."""

from __future__ import annotations

from typing import Any, Final

from natsop_core.kubernetes.check import QUANTITY_PATTERN
from natsop_core.kubernetes.openapi import Schema, resolved, types

_INT_OR_STRING: Final = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
_UNIONS: Final = {"int-or-string": _INT_OR_STRING, "quantity": {**_INT_OR_STRING, "pattern": QUANTITY_PATTERN}}


def structural_schema(type_name: str) -> dict[str, Any]:
    """The type, `PodSpec` say, with all that it contains written out."""
    return _structural(types()[type_name])


def _structural(schema: Schema) -> dict[str, Any]:
    schema = resolved(schema)
    if schema.get("format") in _UNIONS:
        return dict(_UNIONS[schema["format"]])
    structural = {key: value for key, value in schema.items() if key not in ("properties", "items")}
    if "properties" in schema:
        structural["properties"] = {name: _structural(part) for name, part in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            structural[key] = _structural(schema[key])
    return structural
