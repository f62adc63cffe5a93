"""Completes claim templates with defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from natsop_core.resolve.types import VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.storage import VolumeTemplateSpec
    from natsop_core.kubernetes.types import PersistentVolumeClaimSpec, Quantity


def claim_from(template: VolumeTemplateSpec, default_size: Quantity) -> VolumeClaim:
    """The claim template of the user, with defaults for unset fields."""
    spec = template.model_dump(mode="json", by_alias=True, exclude={"enabled"}, exclude_none=True)
    resources = spec.get("resources", {})
    requests = {"storage": default_size, **resources.get("requests", {})}
    modes = spec.get("accessModes") or ["ReadWriteOnce"]  # Kubernetes does not accept an empty list
    wanted = {**spec, "accessModes": modes, "resources": {**resources, "requests": requests}}
    return VolumeClaim(cast("PersistentVolumeClaimSpec", wanted))
