"""Volumes that are claimed once per pod. Kubernetes lets nobody change the templates of a StatefulSet's claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from natsop_core.findings import Finding
from natsop_core.kubernetes.quantity import rounded_bytes
from natsop_core.resolve.types import Scratch, VolumeClaim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.storage import VolumeTemplateSpec
    from natsop_core.kubernetes.types import PersistentVolumeClaimSpec, Quantity


def claim_from(template: VolumeTemplateSpec, default_size: Quantity) -> VolumeClaim:
    """The claim that the user describes, completed."""
    spec = template.model_dump(mode="json", by_alias=True, exclude={"enabled"}, exclude_none=True)
    resources = spec.get("resources", {})
    requests = {"storage": default_size, **resources.get("requests", {})}
    modes = spec.get("accessModes") or ["ReadWriteOnce"]  # an empty list is as good as none, and nothing can claim it
    wanted = {**spec, "accessModes": modes, "resources": {**resources, "requests": requests}}
    return VolumeClaim(cast("PersistentVolumeClaimSpec", wanted))


def is_allowed(wanted: VolumeClaim | Scratch | None, live: VolumeClaim | Scratch | None) -> bool:
    """Whether the live volume may become the wanted one: claims have to stay as they are."""
    if isinstance(wanted, VolumeClaim) and isinstance(live, VolumeClaim):
        return _comparable(wanted.spec) == _comparable(live.spec)
    return not isinstance(wanted, VolumeClaim) and not isinstance(live, VolumeClaim)


def immutable_claim(field: str, consequence: str, stateful_set: str) -> Finding:
    """The finding that `field` asks for another claim than the live one. consequence: what happens instead."""
    return Finding(
        "ImmutableField",
        f"{field} asks for another volume than spec.volumeClaimTemplates of the StatefulSet has, which Kubernetes does"
        f" not let change; {consequence}. Undo the change, or bring the existing claims to the wanted state yourself"
        f" and then run `kubectl delete statefulset {stateful_set} --cascade=orphan`.",
    )


def _comparable(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The claim's spec with the API server's default and with quantities that compare by their value."""
    resources = {
        kind: {name: _comparable_size(quantity) for name, quantity in quantities.items()}
        for kind, quantities in spec.get("resources", {}).items()
    }
    return {"volumeMode": "Filesystem", **spec, "resources": resources}


def _comparable_size(quantity: Quantity) -> Quantity:
    size = rounded_bytes(quantity)
    return quantity if size is None else size
