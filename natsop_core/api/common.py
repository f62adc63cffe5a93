"""Models that NatsCluster and NatsBox share."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict

from natsop_core.api.model import ATOMIC_MAP, Model, StringMap, unset_means
from natsop_core.names import is_paused


class Metadata(Model):
    """The fields of an object's metadata that the core reads; all others are ignored.

    An object that was not sent to an API server has no UID; its namespace defaults to `default`.
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
        """Whether the annotation tells the operator to change nothing for this resource."""
        return is_paused(self.annotations)


class Resource(Model):
    """A custom resource: its metadata, and its last written status, which is not validated."""

    metadata: Metadata
    status: Mapping[str, Any] = Field(default_factory=dict)


PullPolicy = Literal["Always", "IfNotPresent", "Never"]


class ImageSpec(Model):
    """A container image. Unset fields are taken from the operator's default image."""

    repository: str | None = Field(
        None, description="Image name, with or without a registry, optionally pinned as name@sha256:digest."
    )
    tag: str | None = Field(None, description="Image tag.")
    pull_policy: PullPolicy | None = Field(None, description="When the kubelet pulls the image.")


class LocalObjectReference(Model):
    """An object in the custom resource's own namespace."""

    name: str = Field("", description="Name of the object. An empty name refers to nothing.")


class KeySelector(Model):
    """A key of a Secret or a ConfigMap in the custom resource's own namespace."""

    name: str = Field("", description="Name of the object. An empty name refers to nothing.")
    key: str = Field(description="Key in the data of the object.")
    optional: bool = unset_means(False, description="Whether the object or the key may be missing. False when unset.")


ObjectReference = Annotated[LocalObjectReference, ATOMIC_MAP]
KeyRef = Annotated[KeySelector, ATOMIC_MAP]
PullSecrets = Annotated[tuple[ObjectReference, ...], Strict(False)]


class CertificateAuthoritySpec(Model):
    """A bundle of CA certificates, in a Secret or in a ConfigMap."""

    secret: KeyRef | None = Field(None, description="Key of a Secret with the bundle, in PEM.")
    config_map: KeyRef | None = Field(None, description="Key of a ConfigMap with the bundle, in PEM.")

    @property
    def source(self) -> KeySelector | None:
        """The one reference that is set."""
        return self.secret or self.config_map
