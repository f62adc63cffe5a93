"""Builds the metadata of all objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import ObjectMeta, OwnerReference
    from natsop_core.resolve.types import Box, Cluster, Owner

NO_EXTRAS: Final = Extras()


def cluster_metadata(cluster: Cluster, name: str, extras: Extras = NO_EXTRAS) -> ObjectMeta:
    """The metadata of an object of a cluster. Fixed labels override those of the object, which override global ones."""
    labels = {**cluster.labels, **extras.labels, **names.cluster_labels(cluster.name)}
    return _metadata(cluster.owner, name, labels, extras.annotations)


def box_metadata(box: Box, name: str) -> ObjectMeta:
    """The metadata of an object of a box."""
    return _metadata(box.owner, name, names.box_labels(box.name), {})


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
