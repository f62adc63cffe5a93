"""Kubernetes types in the models: plain values that are passed through unchanged.

They are checked against the vendored schema before a model is made (see `read.py`).
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from natsop_core.frozen import frozen


@frozen
class KubernetesType:
    """Annotation: the value has this vendored Kubernetes type."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


IntOrString = Annotated[int | str, KubernetesType("IntOrString")]
Quantity = Annotated[int | str, KubernetesType("Quantity")]

Affinity = Annotated[Mapping[str, Any], KubernetesType("Affinity")]
EnvFromSource = Annotated[Mapping[str, Any], KubernetesType("EnvFromSource")]
EnvVar = Annotated[Mapping[str, Any], KubernetesType("EnvVar")]
HostAlias = Annotated[Mapping[str, Any], KubernetesType("HostAlias")]
LabelSelector = Annotated[Mapping[str, Any], KubernetesType("LabelSelector")]
PodDNSConfig = Annotated[Mapping[str, Any], KubernetesType("PodDNSConfig")]
PodSecurityContext = Annotated[Mapping[str, Any], KubernetesType("PodSecurityContext")]
Probe = Annotated[Mapping[str, Any], KubernetesType("Probe")]
ResourceRequirements = Annotated[Mapping[str, Any], KubernetesType("ResourceRequirements")]
SecurityContext = Annotated[Mapping[str, Any], KubernetesType("SecurityContext")]
Toleration = Annotated[Mapping[str, Any], KubernetesType("Toleration")]
TopologySpreadConstraint = Annotated[Mapping[str, Any], KubernetesType("TopologySpreadConstraint")]
TypedLocalObjectReference = Annotated[Mapping[str, Any], KubernetesType("TypedLocalObjectReference")]
TypedObjectReference = Annotated[Mapping[str, Any], KubernetesType("TypedObjectReference")]
VolumeResourceRequirements = Annotated[Mapping[str, Any], KubernetesType("VolumeResourceRequirements")]
