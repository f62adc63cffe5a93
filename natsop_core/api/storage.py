"""Volumes that every server gets one of: the part of a PersistentVolumeClaim that users may write."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from natsop_core.api.model import ATOMIC_LIST, Model, unset_means
from natsop_core.api.passthrough import (
    LabelSelector,
    TypedLocalObjectReference,
    TypedObjectReference,
    VolumeResourceRequirements,
)

AccessMode = Literal["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"]


class VolumeTemplateSpec(Model):
    """A PersistentVolumeClaim, made once per server and kept when the cluster goes."""

    access_modes: Annotated[tuple[AccessMode, ...], Strict(False), ATOMIC_LIST] | None = Field(
        None, description="Access modes of the volume. ReadWriteOnce when unset."
    )
    resources: VolumeResourceRequirements | None = Field(
        None,
        description="Size of the volume, in requests.storage. When unset, that of fileStore.maxSize, or else 10Gi; 1Gi"
        " for an account resolver.",
    )
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


class VolumeClaimSpec(VolumeTemplateSpec):
    """The volume behind the file store."""

    enabled: bool = unset_means(
        True, description="Whether the store is on a PersistentVolumeClaim; an emptyDir of the same size otherwise."
    )
