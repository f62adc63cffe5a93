"""Converts schemas to structural schemas for a CustomResourceDefinition, without references."""

from __future__ import annotations

from typing import Any, Final

from natsop_core.kubernetes.openapi import Schema, part_of, types

QUANTITY_PATTERN: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
"""The pattern of a quantity in a CRD (from controller-gen). The exact grammar is in `quantity.py`."""

_INT_OR_STRING: Final = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
_UNIONS: Final = {"int-or-string": _INT_OR_STRING, "quantity": {**_INT_OR_STRING, "pattern": QUANTITY_PATTERN}}

_KEYWORDS: Final = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "anyOf",
    "pattern",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "required",
)
"""In display order."""

_ATOMIC: Final = {"ConfigMapEnvSource", "SecretEnvSource"}
"""Types that are atomic in a CRD (by Go's markers), but not in the OpenAPI of the API server."""


def structural_schema(schema: Schema) -> dict[str, Any]:
    """The schema with all references replaced.

    Objects do not forbid additional fields, as structural schemas require: the API server rejects unknown fields if the
    client wants strict validation, and prunes them otherwise.
    """
    if reference := schema.get("$ref"):
        atomic = {"x-kubernetes-map-type": "atomic"} if reference in _ATOMIC else {}
        schema = {**types()[reference], **atomic, **schema}
    if union := _UNIONS.get(schema.get("format", "")):
        return {key: part for key in _KEYWORDS if (part := {**schema, "format": None, **union}.get(key)) is not None}
    structural = {key: schema[key] for key in _KEYWORDS if key in schema}
    if "properties" in schema:
        structural["properties"] = {
            name: structural_schema(part_of(schema, name) or part) for name, part in schema["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if key in schema:
            structural[key] = structural_schema(schema[key])
    return structural
