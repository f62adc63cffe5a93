"""Reads custom resources: a typed model, or every problem that the API server would find too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from natsop_core.api.common import Metadata, Resource
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.rules import BOX_RULES, CLUSTER_RULES, broken_rules

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from natsop_core.rules import Rule

R = TypeVar("R", bound=Resource)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a custom resource. `path` is as the API server writes it, such as `spec.config.nats.port`."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class InvalidResource:
    """A custom resource that cannot be carried out; what of it can be read is kept for its status."""

    kind: str
    metadata: Metadata
    problems: tuple[Problem, ...]
    status: Mapping[str, Any] = field(default_factory=dict)


def read_cluster(obj: Mapping[str, Any]) -> NatsCluster | InvalidResource:
    """The NatsCluster that `obj`, a parsed YAML or JSON document, describes, or what is wrong with it."""
    return _read(NatsCluster, CLUSTER_RULES, obj)


def read_box(obj: Mapping[str, Any]) -> NatsBox | InvalidResource:
    """The NatsBox that `obj`, a parsed YAML or JSON document, describes, or what is wrong with it."""
    return _read(NatsBox, BOX_RULES, obj)


def _read(model: type[R], rules: tuple[Rule, ...], obj: Mapping[str, Any]) -> R | InvalidResource:
    try:
        resource = model.model_validate(obj)
    except ValidationError as error:
        return _invalid(model, obj, _problems(error))
    problems = tuple(Problem(rule.at, rule.message) for rule in broken_rules(resource, rules))
    return _invalid(model, obj, problems) if problems else resource


def _problems(error: ValidationError) -> tuple[Problem, ...]:
    found = error.errors(include_url=False, include_input=False)
    return tuple(Problem(_path(details["loc"]), _message(details)) for details in found)


def _path(location: tuple[str | int, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")


_MESSAGES: Final = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "extra_forbidden": "unknown field",
    "greater_than_equal": "must be at least {ge}",
    "int_type": "must be an integer",
    "kubernetes": "{reason}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "mapping_type": "must be an object",
    "missing": "is required",
    "model_type": "must be an object",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be a string",
    "tuple_type": "must be a list",
}
"""Our words for each fault that a model can find. None of them shows the value, which may be a secret."""


def _message(details: ErrorDetails) -> str:
    ours = _MESSAGES.get(details["type"])
    return ours.format(**details.get("ctx", {})) if ours else details["msg"]


def _invalid(model: type[R], obj: Mapping[str, Any], problems: tuple[Problem, ...]) -> InvalidResource:
    status = obj.get("status")
    return InvalidResource(
        kind=model.__name__,
        metadata=_readable_metadata(obj.get("metadata")),
        problems=problems,
        status=status if isinstance(status, Mapping) else {},
    )


def _readable_metadata(metadata: Any) -> Metadata:
    """The metadata, or as much of it as identifies the object when it is malformed itself."""
    try:
        return Metadata.model_validate(metadata)
    except ValidationError:
        known = metadata if isinstance(metadata, Mapping) else {}
        texts = {key: known[key] for key in ("name", "namespace", "uid") if isinstance(known.get(key), str)}
        return Metadata.model_validate({"name": ""} | texts)
