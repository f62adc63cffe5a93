"""The base of all models and the small types that they share."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, Strict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A part of a custom resource, made of a value that was checked as the API server checks it (see `read.py`)."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, extra="forbid", strict=True, defer_build=True)


StringMap = Mapping[str, str]


def unset_means(value: object, *, description: str) -> Any:
    """A field that reads as `value` when absent, while the CRD defaults nothing: stored objects stay as written."""
    return Field(default_factory=lambda: value, description=description)


def block(model: type[Model], *, alias: str | None = None, description: str | None = None) -> Any:
    """A field that holds another model; absent, it reads as one with nothing set."""
    return Field(default_factory=lambda: _unset(model), alias=alias, description=description)


@cache
def _unset(model: type[Model]) -> Model:
    """The model with nothing set, for all resources that leave it out.

    Not validated: each model would be compiled for that once more, and there is nothing to check.
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
    """Annotation: a list whose items differ in these fields, and which server-side apply merges item by item."""
    return Field(json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys)})
