"""Plan: what is to be done for one custom resource, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.drift import stamped
from natsop_core.kinds import CONFIG_MAPS, STATEFUL_SETS
from natsop_core.references import ChildrenRef, ObjectKey
from natsop_core.rendering import render_box, render_cluster
from natsop_core.resolve.box import resolve_box
from natsop_core.resolve.cluster import resolve_cluster

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.api.common import Metadata
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.inputs import Inputs
    from natsop_core.live import Child
    from natsop_core.rendering import Manifest


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


def plan_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs) -> Plan:
    """What a NatsCluster wants. An invalid one, or one that is being deleted, wants its children left alone."""
    children = inputs.children(children_of(cr.metadata))
    if isinstance(cr, InvalidResource) or cr.metadata.deletion_timestamp:
        return _keep_all(children)
    resolved = inputs.once(resolve_cluster, cr)
    if resolved.cluster is None:
        return _keep_all(children)
    keep = (*(_servers(cr.metadata) if resolved.keeps_servers else ()), *resolved.keep)
    return _apply(render_cluster(resolved.cluster), children, keep)


def plan_box(cr: NatsBox | InvalidResource, inputs: Inputs) -> Plan:
    """What a NatsBox wants. One that is invalid, being deleted, or without its cluster leaves its children alone."""
    children = inputs.children(children_of(cr.metadata))
    if isinstance(cr, InvalidResource) or cr.metadata.deletion_timestamp:
        return _keep_all(children)
    box = inputs.once(resolve_box, cr).box
    return _keep_all(children) if box is None else _apply(render_box(box), children)


def children_of(metadata: Metadata) -> ChildrenRef:
    """The reference to all that a custom resource controls."""
    return ChildrenRef(metadata.namespace, metadata.uid)


def key_of(manifest: Manifest) -> ObjectKey:
    """The identity of the object that a manifest describes."""
    metadata = manifest["metadata"]
    return ObjectKey(manifest["apiVersion"], manifest["kind"], metadata["namespace"], metadata["name"])


def _keep_all(children: Iterable[Child]) -> Plan:
    return Plan(keep=tuple(child.key for child in children))


def _servers(metadata: Metadata) -> tuple[ObjectKey, ...]:
    """What makes the servers what they are: changing one of these restarts or reconfigures them."""
    return (
        STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)),
        CONFIG_MAPS.key(metadata.namespace, names.config_map(metadata.name)),
    )


def _apply(manifests: Iterable[Manifest], children: Iterable[Child], keep: tuple[ObjectKey, ...] = ()) -> Plan:
    apply = tuple(stamped(manifest) for manifest in manifests if key_of(manifest) not in keep)
    wanted = {*keep, *(key_of(manifest) for manifest in apply)}
    return Plan(apply=apply, keep=keep, prune=tuple(child for child in children if child.key not in wanted))
