"""Blocks that NatsCluster and NatsBox have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict

from natsop_core.api.model import ATOMIC_MAP, Model, StringMap, unset_means
from natsop_core.names import is_paused


class Metadata(Model):
    """What the core reads of an object's metadata; everything else in it is the API server's business.

    One that no API server has seen yet has no UID, and counts as being in the namespace `default`.
    """

    model_config = ConfigDict(extra="ignore")

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    labels: StringMap = Field(default_factory=dict)
    annotations: StringMap = Field(default_factory=dict)
    finalizers: Annotated[tuple[str, ...], Strict(False)] = ()
    deletion_timestamp: str = ""

    @property
    def is_paused(self) -> bool:
        """Whether a person has asked the operator to change nothing for it."""
        return is_paused(self.annotations)


class Resource(Model):
    """A custom resource: its metadata, and its status as the operator last wrote it, unchecked."""

    metadata: Metadata
    status: Mapping[str, Any] = Field(default_factory=dict)


PullPolicy = Literal["Always", "IfNotPresent", "Never"]


class ImageSpec(Model):
    """A container image. What is left out is completed from the operator's default image."""

    repository: str | None = Field(
        None, description="Image name, with or without a registry, optionally pinned as name@sha256:digest."
    )
    tag: str | None = Field(None, description="Image tag.")
    pull_policy: PullPolicy | None = Field(None, description="When the kubelet pulls the image.")


class LocalObjectReference(Model):
    """An object in the custom resource's own namespace."""

    name: str = Field("", description="Name of the object. An empty one refers to nothing.")


class KeySelector(Model):
    """A key of a Secret or a ConfigMap in the custom resource's own namespace."""

    name: str = Field("", description="Name of the object. An empty one refers to nothing.")
    key: str = Field(description="Which entry of the object's data.")
    optional: bool = unset_means(
        False, description="Do without as long as the object or the key does not exist. False when unset."
    )


ObjectReference = Annotated[LocalObjectReference, ATOMIC_MAP]
KeyRef = Annotated[KeySelector, ATOMIC_MAP]
PullSecrets = Annotated[tuple[ObjectReference, ...], Strict(False)]


class CertificateAuthoritySpec(Model):
    """Where a bundle of CA certificates is: in a Secret or in a ConfigMap, or nowhere."""

    secret: KeyRef | None = Field(None, description="Key of a Secret that holds the bundle, in PEM.")
    config_map: KeyRef | None = Field(None, description="Key of a ConfigMap that holds the bundle, in PEM.")

    @property
    def source(self) -> KeySelector | None:
        """The one reference that is set."""
        return self.secret or self.config_map
