"""Which kinds are served, and how each of them differs from the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from natsop_core.crd import custom_resource_definitions
from natsop_core.kinds import BOXES, CLAIMS, CLUSTERS, CREATED, OPTIONAL, PODS, USING_ACCOUNTS, ApiResource
from natsop_core.kubernetes.openapi import kind_schema
from tests.simulation.api_server.fields import UNKNOWN, Schema

EVENTS: Final = ApiResource("events.k8s.io/v1", "Event", "events")
LEASES: Final = ApiResource("coordination.k8s.io/v1", "Lease", "leases")
CUSTOM: Final = (CLUSTERS, BOXES)

_WITHOUT_GENERATION: Final = frozenset(
    ("ConfigMap", "Secret", "Service", "ServiceAccount", "Event", "Lease", "Pod", "PersistentVolumeClaim")
)
_WITHOUT_STATUS: Final = frozenset(("ConfigMap", "Secret", "ServiceAccount", "Event", "Lease", "PodMonitor"))
_UNMANAGED: Final = frozenset(("Event", "Lease", "Pod"))


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """A kind as it is served."""

    resource: ApiResource
    schema: Schema

    @property
    def is_custom(self) -> bool:
        return self.resource in (*CUSTOM, *OPTIONAL, *USING_ACCOUNTS)

    @property
    def has_generation(self) -> bool:
        return self.resource.kind not in _WITHOUT_GENERATION

    @property
    def has_status(self) -> bool:
        """Whether the status is a subresource."""
        return self.resource.kind not in _WITHOUT_STATUS

    @property
    def is_managed(self) -> bool:
        """Whether managedFields is kept: of some kinds nobody here looks at it."""
        return self.resource.kind not in _UNMANAGED


@cache
def kinds() -> dict[tuple[str, str], Kind]:
    """All kinds that there may be, by apiVersion and plural."""
    served = (*CUSTOM, *CREATED, *OPTIONAL, *USING_ACCOUNTS, PODS, CLAIMS, EVENTS, LEASES)
    return {(each.api_version, each.plural): Kind(each, _schema(each)) for each in served}


def kind_of(resource: ApiResource) -> Kind:
    """The kind of a resource."""
    return kinds()[resource.api_version, resource.plural]


def _schema(resource: ApiResource) -> Schema:
    for definition in custom_resource_definitions():
        if definition["spec"]["names"]["kind"] == resource.kind:
            schema: Schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
            return {**schema, "properties": {**schema["properties"], "metadata": {"$ref": "ObjectMeta"}}}
    try:
        return kind_schema(resource.api_version, resource.kind)
    except KeyError:
        return UNKNOWN
