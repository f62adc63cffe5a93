"""The CustomResourceDefinitions, made from the models and the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.natsbox import NatsBox, NatsBoxSpec
from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
from natsop_core.api.status import NatsBoxStatus, NatsClusterStatus
from natsop_core.names import API_VERSION
from natsop_core.rules import BOX_RULES, CLUSTER_RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.common import Resource
    from natsop_core.api.model import Model
    from natsop_core.rules import Rule

Schema = dict[str, Any]
Column = dict[str, str]

_READY: Final = {"name": "Ready", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].status'}
_REPLICAS: Final = {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"}
_READY_PODS: Final = {"name": "Ready pods", "type": "integer", "jsonPath": ".status.readyReplicas"}
_SERVER_VERSION: Final = {"name": "Version", "type": "string", "jsonPath": ".status.version"}
_AGE: Final = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


@dataclass(frozen=True, slots=True)
class _Kind:
    resource: type[Resource]
    spec: type[Model]
    status: type[Model]
    plural: str
    short_name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]


_KINDS: Final = (
    _Kind(
        resource=NatsBox,
        spec=NatsBoxSpec,
        status=NatsBoxStatus,
        plural="natsboxes",
        short_name="nb",
        columns=(_READY, _REPLICAS, _READY_PODS, _AGE),
        rules=BOX_RULES,
    ),
    _Kind(
        resource=NatsCluster,
        spec=NatsClusterSpec,
        status=NatsClusterStatus,
        plural="natsclusters",
        short_name="nc",
        columns=(_READY, _REPLICAS, _READY_PODS, _SERVER_VERSION, _AGE),
        rules=CLUSTER_RULES,
    ),
)


def custom_resource_definitions() -> tuple[dict[str, Any], ...]:
    """The definitions of NatsBox and NatsCluster, ready to apply."""
    return tuple(_definition(kind) for kind in _KINDS)


def _definition(kind: _Kind) -> dict[str, Any]:
    group, _, version = API_VERSION.partition("/")
    name = kind.resource.__name__
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{group}"},
        "spec": {
            "group": group,
            "names": {
                "kind": name,
                "listKind": f"{name}List",
                "plural": kind.plural,
                "shortNames": [kind.short_name],
                "singular": name.lower(),
            },
            "scope": "Namespaced",
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": True,
                    "additionalPrinterColumns": list(kind.columns),
                    "schema": {"openAPIV3Schema": _root_schema(kind)},
                    "subresources": {"status": {}},
                }
            ],
        },
    }


def _root_schema(kind: _Kind) -> Schema:
    schema = {
        "description": kind.resource.__doc__,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": structural(kind.spec.model_json_schema()),
            "status": structural(kind.status.model_json_schema()),
        },
    }
    for rule in kind.rules:
        node = _node(schema, rule.at)
        node.setdefault("x-kubernetes-validations", []).append({"rule": rule.cel, "message": rule.message})
    return schema


def _node(schema: Schema, path: str) -> Schema:
    for part in path.split("."):
        schema = schema["properties"][part]
    return schema


_SCALARS: Final = (
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
    "pattern",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
    "required",
)
"""Keywords that mean the same in both, in the order in which a reader wants them."""

_INT_OR_STRING: Final = ("description", "anyOf", "pattern", "x-kubernetes-int-or-string")
_CONVERTED: Final = frozenset(("properties", "items", "additionalProperties"))
_DROPPED: Final = frozenset(("$defs", "title"))
_INT64_BOUNDS: Final = {"minimum": -(2**63), "maximum": 2**63 - 1}
"""Left to the format: as floating point, which bounds are to the API server, they are wrong. Those of int32 are
written, because about the format alone it complains without a path."""


def structural(schema: Mapping[str, Any]) -> Schema:
    """A model's JSON schema in the form that a CustomResourceDefinition takes.

    References are written out and null alternatives dropped: the API server prunes nulls. A closed object stays open
    here, as it has to: unknown fields are refused when a client asks for strict validation, and else pruned.
    ValueError, with the path, for what a CustomResourceDefinition cannot express.
    """
    return _structural(schema, schema.get("$defs", {}), "")


def _structural(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: str) -> Schema:
    schema = _single(schema, definitions)
    if schema.get("x-kubernetes-int-or-string"):
        return {key: schema[key] for key in _INT_OR_STRING if key in schema}
    if foreign := schema.keys() - _CONVERTED - _DROPPED - set(_SCALARS):
        raise ValueError(f"{path.removeprefix('.')}: a CustomResourceDefinition has no {', '.join(sorted(foreign))}")
    implied = _INT64_BOUNDS if schema.get("format") == "int64" else {}
    result: Schema = {key: schema[key] for key in _SCALARS if key in schema and schema[key] != implied.get(key)}
    if "properties" in schema:
        parts = schema["properties"].items()
        result["properties"] = {name: _structural(part, definitions, f"{path}.{name}") for name, part in parts}
    if "items" in schema:
        result["items"] = _structural(schema["items"], definitions, f"{path}[]")
    if schema.get("additionalProperties", False) is not False:
        result["additionalProperties"] = _structural(schema["additionalProperties"], definitions, f"{path}.*")
    return result


def _single(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema with its reference followed and its null alternative dropped; what stands beside them wins."""
    rest = {key: value for key, value in schema.items() if key not in ("$ref", "anyOf")}
    if rest.get("default", ...) is None:
        del rest["default"]
    if "$ref" in schema:
        return _single({**definitions[schema["$ref"].rpartition("/")[2]], **rest}, definitions)
    alternatives = [part for part in schema.get("anyOf", ()) if part != {"type": "null"}]
    if len(alternatives) == 1:
        return _single({**alternatives[0], **rest}, definitions)
    return {**rest, "anyOf": alternatives} if alternatives else rest
