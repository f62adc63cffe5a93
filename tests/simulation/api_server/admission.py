"""What a kind fills in where nothing is said, and what it does not accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from natsop_core.kubernetes.openapi import resolved
from tests.simulation.api_server.errors import Refusal, invalid
from tests.simulation.api_server.fields import Schema, property_schema
from tests.simulation.api_server.kinds import STATEFUL_SET_IMMUTABLE, Kind
from tests.simulation.api_server.objects import Object

_DEFAULTS: Final[Mapping[str, Object]] = {"Secret": {"type": "Opaque"}}
_SPEC_DEFAULTS: Final[Mapping[str, Object]] = {
    "StatefulSet": {"replicas": 1},
    "Deployment": {"replicas": 1},
    "Service": {"type": "ClusterIP"},
}
"""What no schema says, and what makes a difference to somebody here."""


def defaulted(kind: Kind, obj: Object) -> Object:
    """The object with defaults filled in."""
    filled: Object = _filled(obj, kind.schema)
    for field, value in _DEFAULTS.get(kind.resource.kind, {}).items():
        filled = {field: value, **filled}
    if (spec := _SPEC_DEFAULTS.get(kind.resource.kind)) and "spec" in filled:
        filled = {**filled, "spec": {**spec, **filled["spec"]}}
    return filled


def _filled(value: Any, schema: Schema) -> Any:
    if isinstance(value, Mapping):
        filled = {name: _filled(part, property_schema(schema, name)) for name, part in value.items()}
        for name, part in schema.get("properties", {}).items():
            if name not in filled and part.get("default") not in (None, ""):
                filled[name] = part["default"]
        return filled
    if isinstance(value, list) and "items" in schema:
        items = resolved(schema["items"])
        return [_filled(item, items) for item in value]
    return value


def without_nulls(value: Any) -> Any:
    """The value without fields that are null, which to Kubernetes are absent."""
    if isinstance(value, Mapping):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def check(kind: Kind, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> None:
    """Refuse what the real one refuses, as far as the operator or these tests come near it."""
    spec = now.get("spec") or {}
    match kind.resource.kind:
        case "Service":
            _check_service(spec)
        case "PodDisruptionBudget" if spec.keys() >= {"minAvailable", "maxUnavailable"}:
            raise invalid("minAvailable and maxUnavailable cannot be both set", "spec")
        case "StatefulSet" if before is not None:
            _check_unchanged(before["spec"], spec)


def _check_service(spec: Mapping[str, Any]) -> None:
    names = Counter(port.get("name") for port in spec.get("ports") or ())
    for index, port in enumerate(spec.get("ports") or ()):
        if names[port.get("name")] > 1 and index:
            raise _duplicate(f"spec.ports[{index}].name", port.get("name"))


def _duplicate(field: str, value: Any) -> Refusal:
    return invalid(f'{field}: Duplicate value: "{value}"', field)


def _check_unchanged(before: Mapping[str, Any], spec: Mapping[str, Any]) -> None:
    for field in STATEFUL_SET_IMMUTABLE:
        if before.get(field) != spec.get(field):
            raise invalid("spec: Forbidden: updates to statefulset spec for fields other than … are forbidden", "spec")
