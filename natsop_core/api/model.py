"""The base class of all models, and the small types that they share."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A part of a custom resource. Its values were already checked like the API server checks them (see `read.py`)."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid", strict=True, defer_build=True)


StringMap = Mapping[str, str]


def unset_means(value: object, *, description: str) -> Any:
    """A field that reads as `value` when absent. The CRD has no default for it, so stored objects do not change."""
    return Field(default_factory=lambda: value, description=description)


def block(model: type[Model], *, alias: str | None = None, description: str | None = None) -> Any:
    """A field that holds another model; when absent, it reads as a model with nothing set."""
    return Field(default_factory=lambda: _unset(model), alias=alias, description=description)


@cache
def _unset(model: type[Model]) -> Model:
    """The model with nothing set, shared by all resources that leave it out.

    Not validated: there is nothing to check, and validation would compile each model once more.
    """
    return model.model_construct()


Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1, json_schema_extra={"format": "int32"})]
Int64 = Annotated[int, Field(json_schema_extra={"format": "int64"})]
Port = Annotated[int, Field(ge=1, le=65535, json_schema_extra={"format": "int32"})]

Strings = Annotated[tuple[str, ...], Strict(False)]

ATOMIC_LIST = Field(json_schema_extra={"x-kubernetes-list-type": "atomic"})
ATOMIC_MAP = Field(json_schema_extra={"x-kubernetes-map-type": "atomic"})
"""Annotations: server-side apply takes the list or object as one value."""


def keyed_by(*keys: str) -> Any:
    """Annotation: a list that server-side apply merges item by item; these fields are the key of an item."""
    return Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)})
