"""Rendering without an API server: the objects at hand are all there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from natsop_core.api.natscluster import NatsCluster
from natsop_core.findings import Finding
from natsop_core.inputs import Inputs
from natsop_core.references import ObjectKey, ObjectRef
from natsop_core.render import render_box, render_cluster
from natsop_core.resolve.box import resolve_box
from natsop_core.resolve.cluster import resolve_cluster

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.render import Manifest


def inputs_at_hand(objects: Iterable[Mapping[str, Any]], now: datetime) -> Inputs:
    """Inputs in which these objects exist and no others. One without a namespace counts as being in `default`."""
    return Inputs(now=now, found={ObjectRef(_key(each)): each for each in objects})


def render(resource: NatsCluster | NatsBox, inputs: Inputs) -> tuple[Manifest, ...] | Finding:
    """The objects of a custom resource in the order to apply them in, or what it lacks."""
    if isinstance(resource, NatsCluster):
        resolved = resolve_cluster(resource, inputs)
        return resolved.findings[0] if resolved.cluster is None else render_cluster(resolved.cluster)
    resolved_box = resolve_box(resource, inputs)
    return resolved_box.findings[0] if resolved_box.box is None else render_box(resolved_box.box)


def _key(obj: Mapping[str, Any]) -> ObjectKey:
    """The object's identity; of a malformed one, which nothing refers to, any."""
    metadata = obj.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    return ObjectKey(
        str(obj.get("apiVersion", "")),
        str(obj.get("kind", "")),
        str(known.get("namespace", "default")),
        str(known.get("name", "")),
    )
