"""JetStream's stores and the volume under them; a volume that Kubernetes forbids to change stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.kubernetes.quantity import rounded_bytes, to_bytes
from natsop_core.resolve.claims import claim_from, immutable_claim, is_allowed
from natsop_core.resolve.types import DEFAULT_VOLUME_SIZE, JetStream, Scratch, VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.jetstream import FileStoreSpec, JetStreamSpec
    from natsop_core.findings import Finding
    from natsop_core.kubernetes.types import Quantity
    from natsop_core.resolve.live_cluster import LiveCluster

RAFT_ONLY_SIZE: Final = "256Mi"
"""The folder's size with the file store off: the server still keeps the cluster's own Raft log there."""


def resolve_jetstream(
    config: JetStreamSpec, live: LiveCluster | None, name: str
) -> tuple[JetStream | None, tuple[Finding, ...]]:
    """JetStream as wanted; as it runs, with a finding, where the StatefulSet's claim templates would have to change."""
    wanted = _wanted_volume(config)
    if live is None or is_allowed(wanted, live.volume):
        return _jetstream(config, wanted), ()
    return _jetstream(config, live.volume), (
        immutable_claim("spec.config.jetstream", "JetStream stays as it runs", name),
    )


def _wanted_volume(config: JetStreamSpec) -> VolumeClaim | Scratch | None:
    if not config.enabled:
        return None
    if not config.file_store.enabled:
        return Scratch(RAFT_ONLY_SIZE)
    claim = claim_from(config.file_store.pvc, DEFAULT_VOLUME_SIZE)
    return claim if config.file_store.pvc.enabled else Scratch(_size(claim))


def _jetstream(config: JetStreamSpec, volume: VolumeClaim | Scratch | None) -> JetStream | None:
    if volume is None:
        return None
    memory = config.memory_store
    return JetStream(
        max_file_bytes=_max_file_bytes(config.file_store, volume),
        max_memory_bytes=to_bytes(memory.max_size) if memory.enabled and memory.max_size is not None else 0,
        volume=volume,
    )


def _max_file_bytes(store: FileStoreSpec, volume: VolumeClaim | Scratch) -> int:
    if not store.enabled and isinstance(volume, Scratch):
        return 0
    if store.max_size is not None:
        return to_bytes(store.max_size)
    size = rounded_bytes(_size(volume))
    return to_bytes(DEFAULT_VOLUME_SIZE) if size is None else size


def _size(volume: VolumeClaim | Scratch) -> Quantity:
    """What the volume is asked to hold; the default where a live one, made by hand, says nothing."""
    if isinstance(volume, Scratch):
        return volume.size
    return volume.spec.get("resources", {}).get("requests", {}).get("storage", DEFAULT_VOLUME_SIZE)
