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
LabelSelector = Annotated[Mapping[str, Any], KubernetesType("LabelSelector")]
Quantity = Annotated[int | str, KubernetesType("Quantity")]
ResourceRequirements = Annotated[Mapping[str, Any], KubernetesType("ResourceRequirements")]
TypedLocalObjectReference = Annotated[Mapping[str, Any], KubernetesType("TypedLocalObjectReference")]
TypedObjectReference = Annotated[Mapping[str, Any], KubernetesType("TypedObjectReference")]
VolumeResourceRequirements = Annotated[Mapping[str, Any], KubernetesType("VolumeResourceRequirements")]
