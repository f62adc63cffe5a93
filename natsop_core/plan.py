"""Plan: what is to be done for one custom resource, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from natsop_core.live import Child
from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do that is not an apply. Each kind of action is a subclass that holds plain data."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one custom resource wants of the cluster now.

    apply: stamped manifests, in the order to apply them in (what a pod mounts before the pod).
    keep: children that stay exactly as they are, for instance all of them while the spec is invalid.
    prune: children to delete: all that the custom resource controls, less `apply` and `keep`.
    actions: what else is to be done, after the applies.

    Manifests may hold a Secret's values, so `repr` shows only what they are called (see `targets`).
    """

    apply: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    keep: tuple[ObjectKey, ...] = ()
    prune: tuple[Child, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def targets(self) -> tuple[ObjectKey, ...]:
        """The keys of the objects to apply, in their order."""
        return tuple(key_of(manifest) for manifest in self.apply)


def key_of(manifest: dict[str, Any]) -> ObjectKey:
    """The identity of the object that a manifest describes."""
    metadata = manifest["metadata"]
    return ObjectKey(manifest["apiVersion"], manifest["kind"], metadata["namespace"], metadata["name"])
