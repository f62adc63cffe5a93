"""What a kind fills in where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from natsop_core.kubernetes.openapi import resolved
from tests.simulation.api_server.fields import Schema, property_schema
from tests.simulation.api_server.kinds import Kind
from tests.simulation.api_server.objects import Object

_DEFAULTS: Final[Mapping[str, Object]] = {"Secret": {"type": "Opaque"}}
_SPEC_DEFAULTS: Final[Mapping[str, Object]] = {
    "StatefulSet": {"replicas": 1},
    "Deployment": {"replicas": 1},
    "Service": {"type": "ClusterIP"},
    "Account": {"tlsFirst": False},
}
_SERVICE_TYPES: Final[Mapping[str, Object]] = {
    "NodePort": {"externalTrafficPolicy": "Cluster"},
    "LoadBalancer": {"externalTrafficPolicy": "Cluster", "allocateLoadBalancerNodePorts": True},
}
_CONTAINER_DEFAULTS: Final[Object] = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_CLAIM_DEFAULTS: Final[Object] = {"status": {"phase": "Pending"}}
"""What no schema says, and what makes a difference to somebody here."""


def defaulted(kind: Kind, obj: Object) -> Object:
    """The object with defaults filled in."""
    filled: Object = _filled(obj if kind.is_custom else _without_empty_lists(obj), kind.schema)
    filled = {**_DEFAULTS.get(kind.resource.kind, {}), **filled}
    if (spec := _SPEC_DEFAULTS.get(kind.resource.kind)) and "spec" in filled:
        filled["spec"] = {**spec, **filled["spec"]}
    match kind.resource.kind:
        case "Service":
            filled["spec"] = _service(filled["spec"])
        case "StatefulSet" | "Deployment":
            pod = filled["spec"]["template"]["spec"]
            pod["containers"] = [_container(each) for each in pod["containers"]]
            if "volumeClaimTemplates" in filled["spec"]:
                filled["spec"]["volumeClaimTemplates"] = [
                    _claim(each) for each in filled["spec"]["volumeClaimTemplates"]
                ]
    return filled


def _service(spec: Object) -> Object:
    """With what goes with its type; what goes with another is dropped."""
    fitting = _SERVICE_TYPES.get(spec["type"], {})
    others = {field for fields in _SERVICE_TYPES.values() for field in fields if field not in fitting}
    ports = [{"targetPort": port["port"], **port} for port in spec.get("ports", [])]
    return {**fitting, **{field: value for field, value in spec.items() if field not in others}, "ports": ports}


def _claim(claim: Object) -> Object:
    return {**_CLAIM_DEFAULTS, **claim, "spec": {"volumeMode": "Filesystem", **claim["spec"]}}


def _container(container: Object) -> Object:
    named, _, tag = container.get("image", "").rpartition(":")
    pull = {"imagePullPolicy": "IfNotPresent" if named and tag != "latest" else "Always"}
    return {**_CONTAINER_DEFAULTS, **pull, **container}


def _filled(value: Any, schema: Schema) -> Any:
    if isinstance(value, dict):
        filled = {name: _filled(part, property_schema(schema, name)) for name, part in value.items()}
        for name, part in schema.get("properties", {}).items():
            if name not in filled and part.get("default") not in (None, ""):
                filled[name] = part["default"]
        return filled
    if isinstance(value, list) and "items" in schema:
        items = resolved(schema["items"])
        return [_filled(item, items) for item in value]
    return value


def _without_empty_lists(value: Any) -> Any:
    """The value as Go's types keep it: an empty list is none."""
    if isinstance(value, dict):
        return {name: _without_empty_lists(part) for name, part in value.items() if part != []}
    if isinstance(value, list):
        return [_without_empty_lists(item) for item in value]
    return value


def without_nulls(value: Any) -> Any:
    """The value without fields that are null, which to Kubernetes are absent."""
    if isinstance(value, dict):
        return {name: without_nulls(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value
