"""Resolved values: what builders read. Everything in them is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from natsop_core import names

if TYPE_CHECKING:
    from natsop_core.api.common import PullPolicy
    from natsop_core.kubernetes.types import (
        EnvFromSource,
        EnvVar,
        PersistentVolumeClaimSpec,
        PodDisruptionBudgetSpec,
        PodSecurityContext,
        PodSpec,
        Probe,
        Quantity,
        ResourceRequirements,
        SecurityContext,
        Volume,
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
class Extras:
    """The labels and annotations that the user adds to an object."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Container:
    """What every container has. `image` is complete, with tag or digest; `env` and `env_from` are the user's."""

    image: str
    pull_policy: PullPolicy
    resources: ResourceRequirements
    security_context: SecurityContext
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFromSource, ...] = ()


@dataclass(frozen=True, slots=True)
class Probes:
    """The probes of the nats container."""

    startup: Probe
    readiness: Probe
    liveness: Probe


@dataclass(frozen=True, slots=True)
class Tls:
    """A listener's TLS, as paths inside the pod; `ca_file` is empty without a CA, `timeout` None for the default."""

    cert_file: str
    key_file: str
    ca_file: str
    verify: bool
    timeout: int | None


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that the servers listen on; `published` ones are reachable through the client Service."""

    name: str
    port: int
    app_protocol: str
    published: bool = False
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """Files from outside the pod, mounted into every container that reads them.

    volume: the volume, complete. path: where it is mounted. files: the names in it that nats-server reads.
    """

    volume: Volume
    path: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Routes:
    """How the servers of a cluster find each other. `urls` has one entry per server.

    credentials: user and password, or None; they stand in a Secret of their own, never in the ConfigMap.
    """

    no_advertise: bool
    urls: tuple[str, ...]
    credentials: RouteCredentials | None = None


@dataclass(frozen=True, slots=True)
class RouteCredentials:
    """What a server must know to be let in by the others. Secret."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """A volume claimed once per pod and kept when the pod goes; `spec` is a PersistentVolumeClaim's."""

    spec: PersistentVolumeClaimSpec


@dataclass(frozen=True, slots=True)
class Scratch:
    """A volume that lives and dies with its pod."""

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
    extras: Extras


@dataclass(frozen=True, slots=True)
class ClientService:
    """The Service that clients connect to. `node_ports` by listener name; empty texts: Kubernetes' default."""

    type: str
    node_ports: Mapping[str, int]
    external_traffic_policy: str
    load_balancer_class: str
    extras: Extras


@dataclass(frozen=True, slots=True)
class Ingress:
    """The way in for websocket clients from outside. Empty texts: not set."""

    hosts: tuple[str, ...]
    path: str
    path_type: str
    class_name: str
    tls_secret: str
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exporter:
    """The sidecar that turns the monitor endpoints into Prometheus metrics; `url` is the monitor's."""

    container: Container
    port: int
    url: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PodMonitor:
    """The exporter's PodMonitor; empty texts: Prometheus' defaults."""

    interval: str
    scrape_timeout: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The servers' own ServiceAccount."""

    pull_secrets: tuple[str, ...]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pod:
    """What pods have in common, whoever is in them. `placement`: the user's affinity, tolerations and the like."""

    extras: Extras
    placement: PodSpec
    security_context: PodSecurityContext
    pull_secrets: tuple[str, ...]
    grace_seconds: int
    service_account: str


@dataclass(frozen=True, slots=True)
class IncludedFile:
    """A file of the user's own, under the includes' folder. It may hold a secret."""

    name: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ExistingConfig:
    """A ConfigMap of the user's own in place of the rendered one, and the nats.conf that it holds."""

    name: str
    conf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Auth:
    """Decentralized authentication, checked: the files of the managed Secret by name. Secret."""

    files: Mapping[str, str] = field(repr=False)
    volume: Claim | None


@dataclass(frozen=True, slots=True)
class NackAccount:
    """An Account of NACK: its name, and the Secret and key with the credentials that NACK uses for it."""

    name: str
    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class NackAuthority:
    """The Secret and key with the CA of the servers' certificates. `copy`: what to put there; empty: it is there."""

    secret: str
    key: str
    copy: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Nack:
    """What NACK is given."""

    accounts: tuple[NackAccount, ...]
    authority: NackAuthority | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A resolved NatsCluster."""

    owner: Owner
    labels: Mapping[str, str]
    domain: str
    replicas: int
    listeners: tuple[Listener, ...]
    routes: Routes | None
    jetstream: JetStream | None
    server_name_prefix: str
    needs_system_account: bool
    folders: tuple[Folder, ...]
    includes: tuple[IncludedFile, ...]
    existing_config: ExistingConfig | None
    auth: Auth | None
    server: Container
    probes: Probes
    reloader: Container | None
    exporter: Exporter | None
    pod: Pod
    keeps_identity: bool
    pod_management_policy: str
    min_ready_seconds: int
    rolls_on_config_change: bool
    stateful_set: Extras
    config_map: Extras
    headless_service: Extras
    client_service: ClientService | None
    ingress: Ingress | None
    disruption_budget: DisruptionBudget | None
    service_account: ServiceAccount | None
    pod_monitor: PodMonitor | None
    nack: Nack | None

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace

    def listener(self, name: str) -> Listener | None:
        """The listener with that name, or None when it is off."""
        return next((each for each in self.listeners if each.name == name), None)

    def port(self, name: str) -> int | None:
        """The port of the listener with that name, or None when it is off."""
        listener = self.listener(name)
        return listener.port if listener else None

    @property
    def client_endpoint(self) -> str:
        """The URL for clients inside the Kubernetes cluster, in the Go operator's form."""
        service = names.client_service(self.name) if self.client_service else names.headless_service(self.name)
        return self._endpoint(service)

    @property
    def headless_endpoint(self) -> str:
        """The URL of all servers, ready or not."""
        return self._endpoint(names.headless_service(self.name))

    def _endpoint(self, service: str) -> str:
        client = self.listener(names.CLIENT_PORT)
        scheme = "tls" if client and client.tls else "nats"
        return f"{scheme}://{service}.{self.namespace}.svc:{client.port if client else 0}"


@dataclass(frozen=True, slots=True)
class Context:
    """A context of the nats CLI: the content of its JSON file, and the Secret's key which that is under."""

    name: str
    settings: Mapping[str, str]
    key: str

    @property
    def file(self) -> str:
        """The name of its file, by which the CLI knows it."""
        return f"{self.name}.json"


@dataclass(frozen=True, slots=True)
class Box:
    """A resolved NatsBox. `selected` is the context that the CLI uses until somebody selects another; may be empty."""

    owner: Owner
    replicas: int
    container: Container
    pod: Pod
    contexts: tuple[Context, ...]
    folders: tuple[Folder, ...]
    selected: str
    rolls_on_config_change: bool

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace
