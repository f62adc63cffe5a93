"""The metadata that all our objects have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from natsop_core import names

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import ObjectMeta, OwnerReference
    from natsop_core.resolve.types import Box, Cluster, Owner

_NONE: Final[Mapping[str, str]] = {}


def cluster_metadata(
    cluster: Cluster, name: str, *, labels: Mapping[str, str] = _NONE, annotations: Mapping[str, str] = _NONE
) -> ObjectMeta:
    """Metadata of a cluster's object. The fixed labels win over the user's."""
    return _metadata(cluster.owner, name, {**labels, **names.cluster_labels(cluster.name)}, annotations)


def box_metadata(box: Box, name: str) -> ObjectMeta:
    """Metadata of a box's object."""
    return _metadata(box.owner, name, names.box_labels(box.name), _NONE)


def _metadata(owner: Owner, name: str, labels: Mapping[str, str], annotations: Mapping[str, str]) -> ObjectMeta:
    metadata: ObjectMeta = {"name": name, "namespace": owner.namespace, "labels": dict(labels)}
    if annotations:
        metadata["annotations"] = dict(annotations)
    if owner.uid:
        metadata["ownerReferences"] = [_controller(owner)]
    return metadata


def _controller(owner: Owner) -> OwnerReference:
    return {
        "apiVersion": owner.api_version,
        "kind": owner.kind,
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
