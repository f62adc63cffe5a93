"""The PersistentVolumeClaims of a cluster's servers, as the API server gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core import names
from tests.unit.natsop_core.world import NAMESPACE, Object

if TYPE_CHECKING:
    from natsop_core.record import Record


def claim(
    ordinal: int, *, volume: str = names.JETSTREAM_VOLUME, size: str = "10Gi", record: Record | None = None, **more: Any
) -> Object:
    """A bound claim of the server c-<ordinal>. record: what it says of the commitments."""
    name = more.get("name", f"{volume}-c-{ordinal}")
    labels = names.cluster_labels("c")
    metadata: Object = {"name": name, "namespace": NAMESPACE, "uid": f"uid-of-{name}", "labels": labels, **more}
    metadata["resourceVersion"] = "7"
    if record:
        metadata["annotations"] = {names.COMMITMENTS_ANNOTATION: record.annotation}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            "storageClassName": "local",
            "volumeMode": "Filesystem",
            "volumeName": f"pv-of-{name}",
        },
    }


def claims(
    count: int, *, volume: str = names.JETSTREAM_VOLUME, size: str = "10Gi", record: Record | None = None
) -> list[Object]:
    """The claims of as many servers."""
    return [claim(each, volume=volume, size=size, record=record) for each in range(count)]
