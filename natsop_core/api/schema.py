"""Turns the models into schemas, for the CustomResourceDefinitions and for offline validation.

The schemas use the dialect of `kubernetes/openapi.py`: Kubernetes types are references to the vendored schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from natsop_core.api.model import Model
from natsop_core.api.passthrough import KubernetesType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.kubernetes.openapi import Schema

_SCALARS: Final[Mapping[Any, str]] = {bool: "boolean", int: "integer", str: "string"}

_BOUNDS: Final = {
    "integer": {"ge": "minimum", "le": "maximum"},
    "string": {"min_length": "minLength", "max_length": "maxLength", "pattern": "pattern"},
    "array": {"min_length": "minItems", "max_length": "maxItems"},
}
"""Pydantic's constraints and their keywords, by the type of the schema."""


@cache
def schema_of(model: type[Model]) -> Schema:
    """The schema of a model: an object with a property for each field, under its name in the API."""
    fields = model.model_fields.values()
    schema: dict[str, Any] = {"description": model.__doc__, "type": "object"}
    if required := [str(field.alias) for field in fields if field.is_required()]:
        schema["required"] = required
    return {**schema, "properties": {str(field.alias): _field(field) for field in fields}}


def _field(field: FieldInfo) -> Schema:
    schema = _type(Annotated[field.annotation, *field.metadata]) if field.metadata else _type(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, Mapping) else {}
    own = {"description": field.description} if field.description else {}
    if not field.is_required() and field.default_factory is None and field.default is not None:
        own["default"] = field.default
    return {**schema, **extra, **own}


def _type(annotation: Any) -> dict[str, Any]:
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation]}
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        vendored = [item for item in arguments[1:] if isinstance(item, KubernetesType)]
        return {"$ref": vendored[0].name} if vendored else _constrained(_type(arguments[0]), arguments[1:])
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (Union, UnionType):
        alternatives = [part for part in arguments if part is not NoneType]
        if len(alternatives) == 1:
            return _type(alternatives[0])
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0])}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _type(arguments[1])}
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return dict(schema_of(annotation))
    raise TypeError(f"a CustomResourceDefinition cannot express {annotation}")


def _constrained(schema: dict[str, Any], metadata: Iterable[Any]) -> dict[str, Any]:
    """The schema with the constraints in an annotation's metadata. Later ones win."""
    for item in metadata:
        if isinstance(item, FieldInfo):
            extra = item.json_schema_extra if isinstance(item.json_schema_extra, Mapping) else {}
            schema = {**_constrained(schema, item.metadata), **extra}
        else:
            names = _BOUNDS.get(schema.get("type", ""), {})
            found = {keyword: getattr(item, name, None) for name, keyword in names.items()}
            schema = {**schema, **{keyword: value for keyword, value in found.items() if value is not None}}
    return schema
