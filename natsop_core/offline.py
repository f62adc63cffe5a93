"""Rendering without an API server, from given objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_box, read_cluster
from natsop_core.frozen import frozen
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


@frozen
class Rendered:
    """The rendered objects of a custom resource.

    objects: plain values, in the order of applying; None if the findings prevent building any.
    findings: the problems of the custom resource.
    """

    objects: tuple[Manifest, ...] | None = field(repr=False)
    findings: tuple[Finding, ...]


@frozen
class Configuration:
    """The configuration files of a cluster's servers: texts by path in the pod, nats.conf first. Some are secret.

    files: None if the findings prevent building any.
    """

    files: Mapping[str, str] | None = field(repr=False)
    findings: tuple[Finding, ...]


def inputs_at_hand(objects: Iterable[Mapping[str, Any]], now: datetime) -> Inputs:
    """Inputs in which only these objects exist. The namespace of an object defaults to `default`.

    They have no randomness: a generated salt is always the same, so that renderings can be compared.
    All optional kinds count as installed, so that their objects are rendered.
    """
    served: dict[Reference, Found] = {kind.reference: True for kind in OPTIONAL}
    found = served | {ObjectRef(_key(each)): each for each in objects}
    return Inputs(now=now, found=found, is_complete=True)


def read(obj: Mapping[str, Any], *, strict: bool = False) -> NatsCluster | NatsBox | InvalidResource | None:
    """The custom resource in an object, or its problems; None for an object of another kind.

    strict: check it like an API server with strict field validation.
    """
    api_version, kind = obj.get("apiVersion", API_VERSION), obj.get("kind")
    if isinstance(api_version, str) and api_version.partition("/")[0] != CLUSTERS.group:
        return None
    if kind == CLUSTERS.kind:
        return read_cluster(obj, strict=strict)
    return read_box(obj, strict=strict) if kind == BOXES.kind else None


def render(resource: NatsCluster | NatsBox, inputs: Inputs) -> Rendered:
    """The objects of a custom resource, and its problems. Raises NotYetError for inputs that are not complete."""
    if isinstance(resource, NatsCluster):
        resolved = resolve_cluster(resource, Lookup(inputs))
        if resolved.cluster is None or resolved.config is None:
            return Rendered(None, resolved.findings)
        return Rendered(render_cluster(resolved.cluster, resolved.config), resolved.findings)
    resolved_box = resolve_box(resource, Lookup(inputs))
    return Rendered(render_box(resolved_box.box) if resolved_box.box else None, resolved_box.findings)


def configuration(cluster: NatsCluster, inputs: Inputs) -> Configuration:
    """The configuration files of a cluster's servers."""
    resolved = resolve_cluster(cluster, Lookup(inputs))
    return Configuration(resolved.config.files if resolved.config else None, resolved.findings)


def _key(obj: Mapping[str, Any]) -> ObjectKey:
    """The identity of the object; an arbitrary one for a malformed object, which nothing refers to."""
    metadata = obj.get("metadata")
    known = metadata if isinstance(metadata, Mapping) else {}
    return ObjectKey(
        str(obj.get("apiVersion", "")),
        str(obj.get("kind", "")),
        str(known.get("namespace", "default")),
        str(known.get("name", "")),
    )
