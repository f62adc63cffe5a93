"""Resolves the JetStream stores and their volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from natsop_core.kubernetes.quantity import rounded_bytes, to_bytes
from natsop_core.resolve.claims import claim_from
from natsop_core.resolve.types import DEFAULT_VOLUME_SIZE, JetStream, Scratch, VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.jetstream import FileStoreSpec, JetStreamSpec, MemoryStoreSpec
    from natsop_core.commitments import Claim
    from natsop_core.kubernetes.types import PersistentVolumeClaimSpec, Quantity

EMPTY_DIR_PERCENT: Final = 95
"""The part of an emptyDir that JetStream may fill. Indexes and Raft logs need additional space, and the kubelet evicts
a pod that exceeds the size."""

MEMORY_STORE_SHARE: Final = 4
MEMORY_STORE_WITHOUT_LIMIT: Final = 256 * 2**20

RAFT_ONLY_SIZE: Final = "256Mi"
"""The size of the folder with the file store off: the server still stores the Raft log of the meta group there."""


def resolve_jetstream(config: JetStreamSpec, idle_claim: Claim | None, *, memory_limit: int) -> JetStream | None:
    """The granted JetStream settings; None if it is off.

    idle_claim: stays mounted although the file store is off. memory_limit: of the container, in bytes; 0 without one.
    """
    if not config.enabled:
        return None
    volume = _volume(config.file_store, idle_claim)
    return JetStream(
        max_file_bytes=_max_file_bytes(config.file_store, volume),
        max_memory_bytes=_max_memory_bytes(config.memory_store, memory_limit),
        volume=volume,
    )


def _volume(store: FileStoreSpec, idle_claim: Claim | None) -> VolumeClaim | Scratch:
    if idle_claim:
        return VolumeClaim(cast("PersistentVolumeClaimSpec", idle_claim.spec))
    if not store.enabled:
        return Scratch(RAFT_ONLY_SIZE)
    claim = claim_from(store.pvc, _default_size(store))
    return claim if store.pvc.enabled else Scratch(_size(claim))


def _default_size(store: FileStoreSpec) -> Quantity:
    """The size of the volume if the user sets none. A volume cannot have size 0."""
    return store.max_size if store.max_size is not None and to_bytes(store.max_size) else DEFAULT_VOLUME_SIZE


def _max_memory_bytes(store: MemoryStoreSpec, memory_limit: int) -> int:
    """The memory store is on by default, because NACK creates memory streams if no storage is set."""
    if store.enabled is False:
        return 0
    if store.max_size is not None:
        return to_bytes(store.max_size)
    return memory_limit // MEMORY_STORE_SHARE or MEMORY_STORE_WITHOUT_LIMIT


def _max_file_bytes(store: FileStoreSpec, volume: VolumeClaim | Scratch) -> int:
    if not store.enabled:
        return 0
    size = volume_bytes(volume)
    wanted = size if store.max_size is None else to_bytes(store.max_size)
    return min(wanted, size * EMPTY_DIR_PERCENT // 100) if isinstance(volume, Scratch) else wanted


def volume_bytes(volume: VolumeClaim | Scratch) -> int:
    """The requested size of the volume in bytes."""
    size = rounded_bytes(_size(volume))
    return to_bytes(DEFAULT_VOLUME_SIZE) if size is None else size


def _size(volume: VolumeClaim | Scratch) -> Quantity:
    """The requested size of the volume; the default for a live one without a size."""
    if isinstance(volume, Scratch):
        return volume.size
    return volume.spec.get("resources", {}).get("requests", {}).get("storage", DEFAULT_VOLUME_SIZE)
