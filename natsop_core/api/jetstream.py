"""The JetStream block of a NatsCluster: its stores and the volume behind the file store."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from natsop_core.api.model import ATOMIC_LIST, Model, unset_means
from natsop_core.api.passthrough import (
    LabelSelector,
    Quantity,
    TypedLocalObjectReference,
    TypedObjectReference,
    VolumeResourceRequirements,
)

AccessMode = Literal["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]


class VolumeClaim(Model):
    """The PersistentVolumeClaim that each server gets for its file store."""

    enabled: bool = unset_means(
        True, description="Whether the store is on a PersistentVolumeClaim; an emptyDir of the same size otherwise."
    )
    access_modes: Annotated[tuple[AccessMode, ...], Strict(False), ATOMIC_LIST] | None = Field(
        None, description="Access modes of the volume. ReadWriteOnce when unset."
    )
    resources: VolumeResourceRequirements | None = Field(None, description="Size of the volume. 10Gi when unset.")
    storage_class_name: str | None = Field(None, description="StorageClass that provides the volume.")
    volume_mode: Literal["Block", "Filesystem"] | None = Field(None, description="Kind of volume.")
    volume_name: str | None = Field(None, description="A certain PersistentVolume to bind to.")
    volume_attributes_class_name: str | None = Field(None, description="VolumeAttributesClass of the volume.")
    selector: LabelSelector | None = Field(None, description="Which PersistentVolumes may be bound.")
    data_source: TypedLocalObjectReference | None = Field(
        None, description="Snapshot or claim that the volume is filled from."
    )
    data_source_ref: TypedObjectReference | None = Field(
        None, description="Object that the volume is filled from, of any kind that a populator handles."
    )


class FileStore(Model):
    """Streams on disk."""

    enabled: bool = unset_means(True, description="Whether JetStream stores on disk. True when unset.")
    max_size: Quantity | None = Field(
        None, description="Most bytes that one server stores on disk. The size of its volume when unset."
    )
    pvc: VolumeClaim = Field(default_factory=VolumeClaim)


class MemoryStore(Model):
    """Streams in memory."""

    enabled: bool = unset_means(False, description="Whether JetStream stores in memory. False when unset.")
    max_size: Quantity | None = Field(
        None, description="Most bytes that one server stores in memory. Must fit into the container's memory limit."
    )


class JetStream(Model):
    """JetStream, the persistence of NATS."""

    enabled: bool = unset_means(False, description="Whether the servers run JetStream. False when unset.")
    file_store: FileStore = Field(default_factory=FileStore)
    memory_store: MemoryStore = Field(default_factory=MemoryStore)
