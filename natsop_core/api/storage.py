"""The fields of a NatsCluster about volumes: the part of a PersistentVolumeClaim that users can set."""

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
    """A PersistentVolumeClaim. Each server gets one, which is kept when the cluster is deleted."""

    access_modes: Annotated[tuple[AccessMode, ...], Strict(False), ATOMIC_LIST] | None = Field(
        None, description="Access modes of the volume. ReadWriteOnce when unset."
    )
    resources: VolumeResourceRequirements | None = Field(
        None,
        description="Size of the volume, in requests.storage. When unset: fileStore.maxSize, or else 10Gi; 1Gi for an"
        " account resolver.",
    )
    storage_class_name: str | None = Field(None, description="StorageClass that provides the volume.")
    volume_mode: Literal["Block", "Filesystem"] | None = Field(None, description="Kind of volume.")
    volume_name: str | None = Field(None, description="Name of the PersistentVolume to bind.")
    volume_attributes_class_name: str | None = Field(None, description="VolumeAttributesClass of the volume.")
    selector: LabelSelector | None = Field(None, description="Selector of the PersistentVolumes that can be bound.")
    data_source: TypedLocalObjectReference | None = Field(
        None, description="Snapshot or claim to populate the volume from."
    )
    data_source_ref: TypedObjectReference | None = Field(
        None, description="Object to populate the volume from, of any kind that a volume populator supports."
    )


class VolumeClaimSpec(VolumeTemplateSpec):
    """The volume of the file store."""

    enabled: bool = unset_means(
        True, description="Whether the store uses a PersistentVolumeClaim. If false, an emptyDir of the same size."
    )
