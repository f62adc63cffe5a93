"""Compares wanted claim templates with existing claims. Unset fields keep the existing value; set fields must match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from natsop_core.kubernetes.quantity import rounded_bytes

if TYPE_CHECKING:
    from natsop_core.api.storage import VolumeTemplateSpec
    from natsop_core.commitments import Claim

Template = TypeVar("Template", bound="VolumeTemplateSpec")

_DEFAULTS: Final = {"volumeMode": "Filesystem"}
"""Defaults that the API server sets in the spec of a claim."""


def completed(wanted: Template, claim: Claim) -> Template:
    """The wanted template with its unset fields filled in from the claim. From a retained claim, which the API server
    and its volume have completed, only the size is taken."""
    set_fields = user_fields(wanted)
    committed = _without_defaults(claim.spec) if claim.is_fixed else {"resources": claim.spec.get("resources", {})}
    requests = {**_requests(committed), **_requests(set_fields)}
    resources = {**committed.get("resources", {}), **set_fields.get("resources", {}), "requests": requests}
    return _template(wanted, {**committed, **set_fields, "resources": resources})


def is_met(wanted: VolumeTemplateSpec, claim: Claim) -> bool:
    """Whether the claim matches the template that was `completed` with it."""
    set_fields = user_fields(wanted)
    if not claim.is_fixed:
        requests = {"requests": {"storage": size} if (size := size_of(set_fields)) else {}}
        set_fields = {
            **claim.spec,
            **{field: set_fields[field] for field in claim.spec if field in set_fields},
            "resources": requests,
        }
    return _comparable(set_fields) == _comparable(claim.spec)


def template_from(claim: Claim, wanted: Template) -> Template:
    """The template with the values of the existing claim. For a retained claim, unset fields stay unset."""
    set_fields = user_fields(wanted)
    kept = {
        field: value for field, value in claim.spec.items() if claim.is_fixed or field in {*set_fields, "resources"}
    }
    return _template(wanted, {**({} if claim.is_fixed else set_fields), **kept})


def size_of(claim: Mapping[str, Any]) -> str | int | None:
    """The size that the spec of a claim requests, if it has one."""
    size: str | int | None = _requests(claim).get("storage")
    return size


def differing_fields(template: VolumeTemplateSpec, other: VolumeTemplateSpec) -> str:
    """The fields of a claim template that differ from the other one, for messages."""
    set_fields, others = _comparable(user_fields(template)), _comparable(user_fields(other))
    fields = [field for field in sorted({*set_fields, *others}) if set_fields.get(field) != others.get(field)]
    return ", ".join(_in_words(field, user_fields(template)) for field in fields)


def user_fields(template: VolumeTemplateSpec) -> dict[str, Any]:
    """The fields of a claim that the user has set. An empty list or object counts as unset."""
    spec = template.model_dump(mode="json", by_alias=True, exclude={"enabled"}, exclude_none=True)
    return {field: value for field, value in spec.items() if value not in ([], {})}


def _in_words(field: str, set_fields: Mapping[str, Any]) -> str:
    if field == "resources":
        return f"size {size_of(set_fields)}"
    value = set_fields.get(field)
    if value is None:
        return f"no {field}"
    return f"{field} {', '.join(map(str, value)) if isinstance(value, list) else value}"


def _template(kind: Template, spec: Mapping[str, Any]) -> Template:
    """A template of that kind with the fields of the spec that users can set."""
    known = {field.alias: name for name, field in type(kind).model_fields.items()}
    set_fields = {known[field]: value for field, value in spec.items() if field in known}
    nothing = {name: None for name in known.values() if name != "enabled"}
    modes = {"access_modes": tuple(set_fields["access_modes"])} if set_fields.get("access_modes") else {}
    return kind.model_copy(update={**nothing, **set_fields, **modes})


def _requests(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    requests: Mapping[str, Any] = (spec.get("resources") or {}).get("requests") or {}
    return requests


def _comparable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The claim's spec with the defaults of the API server, and with quantities that compare by value."""
    resources = {
        kind: {name: _comparable_size(quantity) for name, quantity in quantities.items()}
        for kind, quantities in (spec.get("resources") or {}).items()
        if quantities
    }
    return {**_DEFAULTS, **spec, "resources": resources}


def _without_defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec without defaults that the API server filled in: they would count as a change, and cause a write."""
    return {field: value for field, value in spec.items() if _DEFAULTS.get(field) != value}


def _comparable_size(quantity: str | int) -> str | int:
    size = rounded_bytes(quantity)
    return quantity if size is None else size
