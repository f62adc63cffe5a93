"""Rendering without an API server: the objects at hand are all there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_box, read_cluster
from natsop_core.inputs import Found, Inputs
from natsop_core.kinds import BOXES, CLUSTERS, OPTIONAL
from natsop_core.lookup import Lookup
from natsop_core.names import API_VERSION
from natsop_core.references import ObjectKey, ObjectRef, Reference
from natsop_core.rendering import render_box, render_cluster
from natsop_core.resolve.box import resolve_box
from natsop_core.resolve.cluster import resolve_cluster

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.read import InvalidResource
    from natsop_core.findings import Finding
    from natsop_core.rendering import Manifest


@dataclass(frozen=True, slots=True)
class Rendered:
    """What becomes of a custom resource.

    objects: as plain values, in the order to apply them in; None where nothing can be built, for the findings' sake.
    findings: what the custom resource asks for and does not get, and why.
    """

    objects: tuple[Manifest, ...] | None = field(repr=False)
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The files that the servers of a cluster read: texts by path in the pod, nats.conf first. Some are secret.

    files: None where nothing can be built, for the findings' sake.
    """

    files: Mapping[str, str] | None = field(repr=False)
    findings: tuple[Finding, ...]


def inputs_at_hand(objects: Iterable[Mapping[str, Any]], now: datetime) -> Inputs:
    """Inputs in which these objects exist and no others. One without a namespace counts as being in `default`.

    There is no chance in it: a salt that would be made is always the same, so that a rendering can be compared.
    The API server counts as one that serves every kind: what is rendered is what would be applied there.
    """
    served: dict[Reference, Found] = {kind.reference: True for kind in OPTIONAL}
    found = served | {ObjectRef(_key(each)): each for each in objects}
    return Inputs(now=now, found=found, is_complete=True)


def read(obj: Mapping[str, Any], *, strict: bool = False) -> NatsCluster | NatsBox | InvalidResource | None:
    """The custom resource that an object describes, or what is wrong with it; None for an object of another kind.

    With `strict`, it is judged as by an API server that is sent `obj`, with strict field validation.
    """
    api_version, kind = obj.get("apiVersion", API_VERSION), obj.get("kind")
    if isinstance(api_version, str) and api_version.partition("/")[0] != CLUSTERS.group:
        return None
    if kind == CLUSTERS.kind:
        return read_cluster(obj, strict=strict)
    return read_box(obj, strict=strict) if kind == BOXES.kind else None


def render(resource: NatsCluster | NatsBox, inputs: Inputs) -> Rendered:
    """The objects of a custom resource, and what it lacks. Raises NotYetError for inputs that are not complete."""
    if isinstance(resource, NatsCluster):
        resolved = resolve_cluster(resource, Lookup(inputs))
        if resolved.cluster is None or resolved.config is None:
            return Rendered(None, resolved.findings)
        return Rendered(render_cluster(resolved.cluster, resolved.config), resolved.findings)
    resolved_box = resolve_box(resource, Lookup(inputs))
    return Rendered(render_box(resolved_box.box) if resolved_box.box else None, resolved_box.findings)


def configuration(cluster: NatsCluster, inputs: Inputs) -> Configuration:
    """What the servers of a cluster read as configuration."""
    resolved = resolve_cluster(cluster, Lookup(inputs))
    return Configuration(resolved.config.files if resolved.config else None, resolved.findings)


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
