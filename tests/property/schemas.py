"""Hypothesis strategies from OpenAPI schemas: values that a schema takes, few fields at a time.

What a schema cannot say well (a size, a DNS name) has a strategy of its own, by the field's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from hypothesis import strategies as st

from natsop_core.kubernetes.openapi import resolved

Schema: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, st.SearchStrategy[Any]]

MOST_FIELDS: Final = 5

words: Final = st.sampled_from(
    ["", "a", "nats", "yes", "1e3", "0x1F", "a: b", "ü", "$X", '"', "\\", "\n", "{", "~", "-"]
)
texts: Final = st.one_of(words, st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8))
quantities: Final = st.sampled_from(
    [*("1Gi", "1.5Gi", "500m", "100m", "0", "1e3", "+1", "7.5Ei", "0.001k"), 0, 1, 2**40]
)


def values(schema: Schema, fields: Fields, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a schema. `fields`: strategies for fields of that name, wherever they stand."""
    schema = resolved(schema)
    if name in fields:
        return fields[name]
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") in ("int-or-string", "quantity"):
        has_form = "pattern" in schema or schema.get("format") == "quantity"
        return quantities if has_form else st.one_of(st.integers(0, 100), st.just("50%"))
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    match schema.get("type", "object"):
        case "object":
            return _objects(schema, fields)
        case "array":
            return _lists(schema, fields)
        case "integer":
            return _integers(schema)
        case "boolean":
            return st.booleans()
    return texts.map(lambda text: text[: schema.get("maxLength")])


def _integers(schema: Schema) -> st.SearchStrategy[int]:
    least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
    return st.one_of(st.sampled_from([least, most]), st.integers(least, most))


def _objects(schema: Schema, fields: Fields) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        inner = values(schema.get("additionalProperties", {"type": "string"}), fields)
        return st.dictionaries(st.one_of(st.sampled_from(["memory", "storage", "cpu"]), texts), inner, max_size=3)
    properties, required = schema["properties"], schema.get("required", [])
    optional = sorted(properties.keys() - set(required))

    @st.composite
    def objects(draw: st.DrawFn) -> dict[str, Any]:
        chosen = draw(st.lists(st.sampled_from(optional), unique=True, max_size=MOST_FIELDS)) if optional else []
        return {key: draw(values(properties[key], fields, key)) for key in (*required, *chosen)}

    return objects()


def _lists(schema: Schema, fields: Fields) -> st.SearchStrategy[list[Any]]:
    keys = schema.get("x-kubernetes-list-map-keys", [])
    items = values(schema["items"], fields)
    if keys:
        return st.lists(items, max_size=3, unique_by=lambda item: tuple(item.get(key) for key in keys))
    return st.lists(items, max_size=2)
