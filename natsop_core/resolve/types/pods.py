"""The resolved settings that the pods of clusters and boxes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Final

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.api.common import PullPolicy
    from natsop_core.kubernetes.types import (
        EnvFromSource,
        EnvVar,
        PersistentVolumeClaimSpec,
        PodSecurityContext,
        PodSpec,
        Probe,
        Quantity,
        ResourceRequirements,
        SecurityContext,
        Volume,
    )

DEFAULT_VOLUME_SIZE: Final = "10Gi"
"""The default size of a JetStream volume."""


@frozen
class Owner:
    """The custom resource that controls the objects that are built from it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


@frozen
class Extras:
    """The labels and annotations that the user adds to an object."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@frozen
class Container:
    """The settings that all containers share. image: with tag or digest. env, env_from: those of the user."""

    image: str
    pull_policy: PullPolicy
    resources: ResourceRequirements
    security_context: SecurityContext
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()


@frozen
class Probes:
    """The probes of the nats container."""

    startup: Probe
    readiness: Probe
    liveness: Probe


@frozen
class Folder:
    """A folder with files, mounted into every container that reads them.

    volume: the complete volume. path: where it is mounted. files: the names of the files that nats-server reads.
    contents: the content of the files that are not configuration.
    """

    volume: Volume
    path: str
    files: tuple[str, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@frozen
class VolumeClaim:
    """A volume claimed once per pod and kept when the pod goes; `spec` is a PersistentVolumeClaim's."""

    spec: PersistentVolumeClaimSpec


@frozen
class Scratch:
    """A volume that lives and dies with its pod."""

    size: Quantity


@frozen
class Pod:
    """The settings that all pods share. placement: affinity, tolerations and similar settings of the user.

    has_api_token: the pods get a token for the API server; the containers of the operator do not need one.
    """

    extras: Extras
    placement: PodSpec
    security_context: PodSecurityContext
    pull_secrets: tuple[str, ...]
    grace_seconds: int
    service_account: str
    has_api_token: bool
