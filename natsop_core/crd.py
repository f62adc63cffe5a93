"""Builds the CustomResourceDefinitions from the models and the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.natsbox import NatsBox, NatsBoxSpec
from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
from natsop_core.api.schema import schema_of
from natsop_core.api.status import NatsBoxStatus, NatsClusterStatus
from natsop_core.frozen import frozen
from natsop_core.kubernetes.rule import Rule, TransitionRule, steps
from natsop_core.kubernetes.structural import structural_schema
from natsop_core.names import API_VERSION
from natsop_core.rules import BOX_RULES, CLUSTER_RULES, CLUSTER_TRANSITIONS

if TYPE_CHECKING:
    from natsop_core.api.common import Resource
    from natsop_core.api.model import Model

OpenApiSchema = dict[str, Any]
Column = dict[str, str]

_REPLICAS: Final = {"name": "Replicas", "type": "integer", "jsonPath": ".status.replicas"}
_READY: Final = {"name": "Ready", "type": "integer", "jsonPath": ".status.readyReplicas"}
_STATUS: Final = {"name": "Status", "type": "string", "jsonPath": '.status.conditions[?(@.type=="Ready")].reason'}
_SERVER_VERSION: Final = {"name": "Version", "type": "string", "jsonPath": ".status.version"}
_AGE: Final = {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}


@frozen
class _Kind:
    resource: type[Resource]
    spec: type[Model]
    status: type[Model]
    plural: str
    short_name: str
    columns: tuple[Column, ...]
    rules: tuple[Rule | TransitionRule, ...]


_KINDS: Final = (
    _Kind(
        resource=NatsBox,
        spec=NatsBoxSpec,
        status=NatsBoxStatus,
        plural="natsboxes",
        short_name="nb",
        columns=(_REPLICAS, _READY, _STATUS, _AGE),
        rules=BOX_RULES,
    ),
    _Kind(
        resource=NatsCluster,
        spec=NatsClusterSpec,
        status=NatsClusterStatus,
        plural="natsclusters",
        short_name="nc",
        columns=(_REPLICAS, _READY, _STATUS, _SERVER_VERSION, _AGE),
        rules=CLUSTER_RULES + CLUSTER_TRANSITIONS,
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


def _root_schema(kind: _Kind) -> OpenApiSchema:
    schema = {
        "description": kind.resource.__doc__,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "properties": {"name": {"type": "string"}}},
            "spec": structural_schema(schema_of(kind.spec)),
            "status": structural_schema(schema_of(kind.status)),
        },
    }
    for rule in kind.rules:
        node = _node(schema, rule.at if isinstance(rule, Rule) else "")
        validations = node.setdefault("x-kubernetes-validations", [])
        validations.append(_validation(rule))
    return schema


def _validation(rule: Rule | TransitionRule) -> dict[str, str]:
    validation = {"rule": rule.cel, "message": rule.message}
    if isinstance(rule, TransitionRule):
        validation["fieldPath"] = f".{rule.about}"
    elif rule.explanation:
        validation["messageExpression"] = rule.explanation.cel
    return validation


def _node(schema: OpenApiSchema, path: str) -> OpenApiSchema:
    for name, each in steps(path):
        schema = schema["properties"][name]
        schema = schema["items"] if each == "[]" else schema["additionalProperties"] if each == "{}" else schema
    return schema
