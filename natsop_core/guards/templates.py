"""Claims as wanted beside claims that exist: what is not said stays as it is, and the rest has to be the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from natsop_core.kubernetes.quantity import rounded_bytes

if TYPE_CHECKING:
    from natsop_core.api.storage import VolumeTemplateSpec
    from natsop_core.commitments import Claim

Template = TypeVar("Template", bound="VolumeTemplateSpec")

_DEFAULTS: Final = {"volumeMode": "Filesystem"}
"""The API server's, of a claim's spec."""


def completed(wanted: Template, claim: Claim) -> Template:
    """The wanted template with what it leaves out as the claim has it: of a retained claim, which the API server and
    its volume have completed, the size alone."""
    said = spoken(wanted)
    committed = _without_defaults(claim.spec) if claim.is_fixed else {"resources": claim.spec.get("resources", {})}
    requests = {**_requests(committed), **_requests(said)}
    resources = {**committed.get("resources", {}), **said.get("resources", {}), "requests": requests}
    return _template(wanted, {**committed, **said, "resources": resources})


def is_met(wanted: VolumeTemplateSpec, claim: Claim) -> bool:
    """Whether the claim is what the template, `completed` by it, asks for."""
    said = spoken(wanted)
    if not claim.is_fixed:
        requests = {"requests": {"storage": size} if (size := size_of(said)) else {}}
        said = {**claim.spec, **{field: said[field] for field in claim.spec if field in said}, "resources": requests}
    return _comparable(said) == _comparable(claim.spec)


def like(claim: Claim, wanted: Template) -> Template:
    """The template of the claim as it is. Of a retained one, what is not said needs not be said either."""
    said = spoken(wanted)
    kept = {field: value for field, value in claim.spec.items() if claim.is_fixed or field in {*said, "resources"}}
    return _template(wanted, {**({} if claim.is_fixed else said), **kept})


def size_of(claim: Mapping[str, Any]) -> str | int | None:
    """The size that a claim's spec asks for, where it says one."""
    size: str | int | None = _requests(claim).get("storage")
    return size


def contrasted(template: VolumeTemplateSpec, other: VolumeTemplateSpec) -> str:
    """What a claim's template says otherwise than the other, for people."""
    said, others = _comparable(spoken(template)), _comparable(spoken(other))
    fields = [field for field in sorted({*said, *others}) if said.get(field) != others.get(field)]
    return ", ".join(_in_words(field, spoken(template)) for field in fields)


def spoken(template: VolumeTemplateSpec) -> dict[str, Any]:
    """What the user says of a claim. An empty list or object is as good as none."""
    spec = template.model_dump(mode="json", by_alias=True, exclude={"enabled"}, exclude_none=True)
    return {field: value for field, value in spec.items() if value not in ([], {})}


def _in_words(field: str, said: Mapping[str, Any]) -> str:
    if field == "resources":
        return f"size {size_of(said)}"
    value = said.get(field)
    if value is None:
        return f"no {field}"
    return f"{field} {', '.join(map(str, value)) if isinstance(value, list) else value}"


def _template(kind: Template, spec: Mapping[str, Any]) -> Template:
    """A template of that kind which says the spec, as far as users can say it."""
    known = {field.alias: name for name, field in type(kind).model_fields.items()}
    said = {known[field]: value for field, value in spec.items() if field in known}
    nothing = {name: None for name in known.values() if name != "enabled"}
    modes = {"access_modes": tuple(said["access_modes"])} if said.get("access_modes") else {}
    return kind.model_copy(update={**nothing, **said, **modes})


def _requests(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    requests: Mapping[str, Any] = (spec.get("resources") or {}).get("requests") or {}
    return requests


def _comparable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The claim's spec with the API server's default, and with quantities that compare by their value."""
    resources = {
        kind: {name: _comparable_size(quantity) for name, quantity in quantities.items()}
        for kind, quantities in (spec.get("resources") or {}).items()
        if quantities
    }
    return {**_DEFAULTS, **spec, "resources": resources}


def _without_defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What the API server has filled in need not be said: it would be a change of what was applied, and a write."""
    return {field: value for field, value in spec.items() if _DEFAULTS.get(field) != value}


def _comparable_size(quantity: str | int) -> str | int:
    size = rounded_bytes(quantity)
    return quantity if size is None else size
