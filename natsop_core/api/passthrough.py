"""Kubernetes' own types inside our models: plain values, checked against the vendored structure, passed through."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError, ValidationError, core_schema

from natsop_core.kubernetes.check import check
from natsop_core.kubernetes.structural import structural_schema


@dataclass(frozen=True, slots=True)
class KubernetesType:
    """Annotation: the value is of this vendored type. Its faults are reported with paths of their own."""

    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validate)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return structural_schema(self.name)

    def _validate(self, value: Any) -> Any:
        checked, faults = check(value, self.name)
        if faults:
            errors = [
                InitErrorDetails(
                    type=PydanticCustomError("kubernetes", "{reason}", {"reason": fault.message}),
                    loc=fault.path,
                    input=None,
                )
                for fault in faults
            ]
            raise ValidationError.from_exception_data(self.name, errors)
        return checked


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
