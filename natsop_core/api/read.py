"""Reads custom resources into typed models, or reports every problem that the API server would report.

The values are checked against the schema of the CustomResourceDefinition, in the same way as the API server does it.
The rules are then applied to the typed model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from natsop_core.api.common import Metadata, Resource
from natsop_core.api.natsbox import NatsBox, NatsBoxSpec
from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
from natsop_core.api.schema import schema_of
from natsop_core.api.status import NatsBoxStatus, NatsClusterStatus
from natsop_core.frozen import frozen
from natsop_core.kubernetes.check import check, written
from natsop_core.kubernetes.metadata import check_metadata
from natsop_core.kubernetes.scalars import UNKNOWN
from natsop_core.names import API_VERSION
from natsop_core.rules import BOX_RULES, CLUSTER_RULES, CLUSTER_TRANSITIONS, breaches, broken_transitions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.api.model import Model
    from natsop_core.kubernetes.check import SchemaFault
    from natsop_core.kubernetes.openapi import Schema
    from natsop_core.rules import Breach, Rule

R = TypeVar("R", bound=Resource)


@frozen
class Problem:
    """One problem in a custom resource. path: as the API server writes it, such as `spec.config.nats.port`."""

    path: str
    message: str
    rule: str = field(default="", compare=False)
    """Name of the broken rule; empty if a type or bound is violated."""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@frozen
class InvalidResource:
    """An invalid custom resource. Its readable parts are kept for the status."""

    kind: str
    metadata: Metadata
    problems: tuple[Problem, ...]
    status: Mapping[str, Any] = field(default_factory=dict)


def read_cluster(obj: Mapping[str, Any], *, strict: bool = False) -> NatsCluster | InvalidResource:
    """The NatsCluster in `obj`, a parsed YAML or JSON document, or its problems.

    strict: metadata and status are checked like the spec, for an object that is to be sent to an API server. Otherwise
    they are not: they come from an API server, and a newer one may have set fields that this version does not know.
    """
    return _read(NatsCluster, NatsClusterSpec, NatsClusterStatus, CLUSTER_RULES, obj, strict=strict)


def read_box(obj: Mapping[str, Any], *, strict: bool = False) -> NatsBox | InvalidResource:
    """The NatsBox in `obj`, or its problems; strict: see `read_cluster`."""
    return _read(NatsBox, NatsBoxSpec, NatsBoxStatus, BOX_RULES, obj, strict=strict)


def changed_cluster(old: NatsCluster, new: NatsCluster) -> tuple[Problem, ...]:
    """The transition rules that a change from `old` to `new` breaks. Both must be valid."""
    return tuple(_problem(breach) for breach in broken_transitions(old, new, CLUSTER_TRANSITIONS))


def _read(
    model: type[R],
    spec: type[Model],
    status: type[Model],
    rules: tuple[Rule, ...],
    obj: Mapping[str, Any],
    *,
    strict: bool,
) -> R | InvalidResource:
    checked = check(obj, _schema(model, spec, status, strict=strict))
    metadata = check_metadata(obj.get("metadata"), strict=strict)
    faults = [*metadata.faults, *(fault for fault in checked.faults if _counts(fault, strict=strict))]
    if faults:
        return _invalid(model, obj, [Problem(written(fault.path), fault.message) for fault in faults])
    values = {**checked.value, "metadata": metadata.value, "status": _status(obj)}
    try:
        resource = model.model_validate(values)
    except ValidationError as error:  # the check above was too lenient; report it like any other problem
        found = error.errors(include_url=False, include_input=False)
        return _invalid(model, obj, [Problem(written(each["loc"]), each["msg"]) for each in found])
    broken = [_problem(breach) for breach in breaches(resource, rules, set(map(written, checked.floats)))]
    return _invalid(model, obj, broken) if broken else resource


@cache
def _schema(model: type[Resource], spec: type[Model], status: type[Model], *, strict: bool) -> Schema:
    """The schema of the whole resource, without its metadata. Kind and apiVersion are required only if `strict`."""
    return {
        "type": "object",
        "required": ["apiVersion", "kind", "spec"] if strict else ["spec"],
        "properties": {
            "apiVersion": {"type": "string", "enum": [API_VERSION]},
            "kind": {"type": "string", "enum": [model.__name__]},
            "metadata": {"x-kubernetes-preserve-unknown-fields": True},
            "spec": schema_of(spec),
            "status": schema_of(status),
        },
    }


def _counts(fault: SchemaFault, *, strict: bool) -> bool:
    """Metadata is checked separately. In a status, the API server only reports unknown fields: it drops the rest."""
    match fault.path[0]:
        case "metadata":
            return False
        case "status":
            return strict and fault.message == UNKNOWN
    return True


def _status(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    status = obj.get("status")
    return status if isinstance(status, Mapping) else {}


def _problem(breach: Breach) -> Problem:
    return Problem(breach.path, breach.message, breach.rule)


def _invalid(model: type[Resource], obj: Mapping[str, Any], problems: Iterable[Problem]) -> InvalidResource:
    return InvalidResource(
        kind=model.__name__,
        metadata=_readable_metadata(obj.get("metadata")),
        problems=tuple(problems),
        status=_status(obj),
    )


def _readable_metadata(metadata: Any) -> Metadata:
    """The metadata or, if it is malformed, the part that identifies the object."""
    checked = check_metadata(metadata, strict=False)
    if not checked.faults:
        return Metadata.model_validate(checked.value)
    known = metadata if isinstance(metadata, Mapping) else {}
    texts = {key: known[key] for key in ("name", "namespace", "uid") if isinstance(known.get(key), str)}
    return Metadata.model_validate({"name": ""} | texts)
