"""What a kind does not accept, as far as the operator or these tests come near it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.simulation.api_server.errors import invalid
from tests.simulation.api_server.kinds import Kind

Value = Mapping[str, Any]
Fault = tuple[str, str]
"""A field's path, and what is wrong there."""

_IMMUTABLE: Final = ("podManagementPolicy", "selector", "serviceName", "volumeClaimTemplates")
"""Fields of a StatefulSet's spec that no update may change."""

_FIXED: Final = "Forbidden: updates to statefulset spec for fields other than some are forbidden"

_HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_VOLUMES: Final = ("emptyDir", "hostPath", "secret", "persistentVolumeClaim", "projected", "configMap")


def check(kind: Kind, before: Value | None, now: Value) -> None:
    """A refusal when something is wrong."""
    faults = tuple(_faults(kind.resource.kind, before, now))
    if faults:
        raise invalid("; ".join(f"{path}: {what}" for path, what in faults), *(path for path, _ in faults))


def _faults(kind: str, before: Value | None, now: Value) -> Iterator[Fault]:
    spec = now.get("spec") or {}
    match kind:
        case "ConfigMap":
            for key in sorted({*now.get("data", ())} & {*now.get("binaryData", ())}):
                yield f"data[{key}]", "Invalid value: duplicate of key present in binaryData"
        case "Service":
            yield from _duplicates(spec.get("ports") or (), "spec.ports")
        case "PodDisruptionBudget" if spec.keys() >= {"minAvailable", "maxUnavailable"}:
            yield "spec", "minAvailable and maxUnavailable cannot be both set"
        case "Deployment" | "StatefulSet":
            if kind == "StatefulSet" and before is not None:
                yield from _changed(before["spec"], spec)
            yield from _pod(spec["template"]["spec"], "spec.template.spec")


def _changed(before: Value, now: Value) -> Iterator[Fault]:
    if any(before.get(field) != now.get(field) for field in _IMMUTABLE):
        yield "spec", _FIXED


def is_change_of_fixed_field(refusal: str) -> bool:
    """Whether a refusal, as it was sent, says that a field was to change which never may."""
    return _FIXED in refusal


def _pod(spec: Value, path: str) -> Iterator[Fault]:
    for number, volume in enumerate(spec.get("volumes", ())):
        yield from _more_than_one(volume, _VOLUMES, f"{path}.volumes[{number}]", "volume type")
    for number, container in enumerate(spec["containers"]):
        yield from _container(container, f"{path}.containers[{number}]")


def _container(container: Value, path: str) -> Iterator[Fault]:
    yield from _duplicates(container.get("ports", ()), f"{path}.ports")
    for number, variable in enumerate(container.get("env", ())):
        if variable.get("value") and "valueFrom" in variable:
            yield f"{path}.env[{number}].valueFrom", "may not be specified when `value` is not empty"
    for probe in _PROBES:
        yield from _more_than_one(container.get(probe, {}), _HANDLERS, f"{path}.{probe}", "handler type")


def _duplicates(items: Any, path: str) -> Iterator[Fault]:
    seen: Counter[str] = Counter()
    for number, item in enumerate(items):
        name = item.get("name", "")
        seen[name] += 1
        if seen[name] == 2:
            yield f"{path}[{number}].name", f'Duplicate value: "{name}"'


def _more_than_one(value: Value, fields: tuple[str, ...], path: str, what: str) -> Iterator[Fault]:
    for field in [field for field in fields if field in value][1:]:
        yield f"{path}.{field}", f"Forbidden: may not specify more than 1 {what}"
