"""Blocks that NatsCluster and NatsBox have in common."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, Strict

from natsop_core.api.model import Model, StringMap


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
