"""Resolved values: what builders read. Everything in them is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from natsop_core.api.common import PullPolicy
    from natsop_core.kubernetes.types import (
        PersistentVolumeClaimSpec,
        PodDisruptionBudgetSpec,
        Quantity,
        ResourceRequirements,
    )

DEFAULT_VOLUME_SIZE: Final = "10Gi"
"""The size of a JetStream volume for which nobody names one."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The custom resource that controls all that is built from it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Container:
    """A container's image reference (complete, with tag or digest), pull policy and resource requirements."""

    image: str
    pull_policy: PullPolicy
    resources: ResourceRequirements


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that the servers listen on; `published` ones are reachable through the client Service."""

    name: str
    port: int
    app_protocol: str
    published: bool = False


@dataclass(frozen=True, slots=True)
class Routes:
    """The cluster block: how the servers of a cluster find each other. `urls` has one entry per server."""

    port: int
    no_advertise: bool
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume claimed once per pod and kept when the pod goes; `spec` is a PersistentVolumeClaim's."""

    spec: PersistentVolumeClaimSpec


@dataclass(frozen=True, slots=True)
class Scratch:
    """A volume that lives and dies with its pod; `size` is a Kubernetes quantity."""

    size: Quantity


@dataclass(frozen=True, slots=True)
class JetStream:
    """JetStream's stores, in bytes (0: that store is off), and the volume under the file store's folder."""

    max_file_bytes: int
    max_memory_bytes: int
    volume: Claim | Scratch


@dataclass(frozen=True, slots=True)
class DisruptionBudget:
    """How many servers an eviction may take at once. `limits` holds minAvailable or maxUnavailable and the policy."""

    limits: PodDisruptionBudgetSpec
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A resolved NatsCluster."""

    owner: Owner
    domain: str
    replicas: int
    listeners: tuple[Listener, ...]
    routes: Routes | None
    jetstream: JetStream | None
    server: Container
    environment: Mapping[str, str]
    reloader: Container | None
    rolls_on_config_change: bool
    disruption_budget: DisruptionBudget | None

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace

    @property
    def quorum(self) -> int:
        """How many servers Raft needs."""
        return self.replicas // 2 + 1

    def port(self, listener: str) -> int | None:
        """The port of the listener with that name, or None when it is off."""
        return next((each.port for each in self.listeners if each.name == listener), None)


@dataclass(frozen=True, slots=True)
class Context:
    """A context of the nats CLI: the content of its JSON file."""

    name: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Box:
    """A resolved NatsBox. `selected` is the context that the CLI uses until somebody selects another; may be empty."""

    owner: Owner
    replicas: int
    container: Container
    contexts: tuple[Context, ...]
    selected: str

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace
