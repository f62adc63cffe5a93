"""The type of a resolved NatsCluster, and of the objects around its servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import PodDisruptionBudgetSpec
    from natsop_core.record import Record
    from natsop_core.resolve.types.pods import Container, Extras, Folder, Owner, Pod, Probes
    from natsop_core.resolve.types.servers import (
        Auth,
        ExistingConfig,
        IncludedFile,
        JetStream,
        Listener,
        Routes,
        Salt,
        SystemUser,
    )


@frozen
class DisruptionBudget:
    """The disruption budget. limits: minAvailable or maxUnavailable, and the eviction policy."""

    limits: PodDisruptionBudgetSpec
    extras: Extras


@frozen
class ClientService:
    """The Service that clients connect to. node_ports: by listener name. Empty texts: the default of Kubernetes."""

    type: str
    node_ports: Mapping[str, int]
    external_traffic_policy: str
    load_balancer_class: str
    extras: Extras


@frozen
class Ingress:
    """The Ingress for websocket clients. Empty texts: not set."""

    hosts: tuple[str, ...]
    path: str
    path_type: str
    class_name: str
    tls_secret: str
    annotations: Mapping[str, str]


@frozen
class Exporter:
    """The sidecar that exports the monitor's data as Prometheus metrics. url: that of the monitor."""

    container: Container
    port: int
    url: str
    flags: tuple[str, ...]


@frozen
class PodMonitor:
    """The PodMonitor of the exporter. Empty texts: the defaults of Prometheus."""

    interval: str
    scrape_timeout: str
    labels: Mapping[str, str]


@frozen
class ServiceAccount:
    """The ServiceAccount of the servers."""

    pull_secrets: tuple[str, ...]
    annotations: Mapping[str, str]


@frozen
class NackAccount:
    """A NACK Account: its name, and the Secret and key with its credentials."""

    name: str
    secret: str
    key: str


@frozen
class NackAuthority:
    """The Secret and key with the CA of the servers. copy: the content to write there; empty if it already exists."""

    secret: str
    key: str
    copy: str = field(repr=False)


@frozen
class Nack:
    """The resolved objects for NACK."""

    accounts: tuple[NackAccount, ...]
    authority: NackAuthority | None


@frozen
class Cluster:
    """A resolved NatsCluster. record: the commitments to store.

    environment: values of the servers' environment variables from Secrets and ConfigMaps, by name. domain: the DNS
    domain of the Kubernetes cluster.
    """

    owner: Owner
    domain: str
    labels: Mapping[str, str]
    replicas: int
    listeners: tuple[Listener, ...]
    routes: Routes | None
    jetstream: JetStream | None
    server_name_prefix: str
    system_user: SystemUser | None
    folders: tuple[Folder, ...]
    includes: tuple[IncludedFile, ...]
    existing_config: ExistingConfig | None
    auth: Auth | None
    environment: Mapping[str, str] = field(repr=False)
    server: Container
    probes: Probes
    reloader: Container | None
    exporter: Exporter | None
    pod: Pod
    keeps_identity: bool
    pod_management_policy: str
    min_ready_seconds: int
    rolls_on_config_change: bool
    salt: Salt | None
    stateful_set: Extras
    config_map: Extras
    headless_service: Extras
    client_service: ClientService | None
    ingress: Ingress | None
    disruption_budget: DisruptionBudget | None
    service_account: ServiceAccount | None
    pod_monitor: PodMonitor | None
    nack: Nack | None
    optional_kinds: tuple[str, ...]
    record: Record
    needs_system_account: bool = False

    @property
    def name(self) -> str:
        return self.owner.name

    @property
    def namespace(self) -> str:
        return self.owner.namespace

    def listener(self, name: str) -> Listener | None:
        """The listener with that name, or None if it is disabled."""
        return next((each for each in self.listeners if each.name == name), None)

    def port(self, name: str) -> int | None:
        """The port of the listener with that name, or None if it is disabled."""
        listener = self.listener(name)
        return listener.port if listener else None

    @property
    def client_endpoint(self) -> str:
        """The URL for clients inside the Kubernetes cluster, in the Go operator's form."""
        client = self.listener(names.CLIENT_PORT)
        if self.client_service and client and client.is_published:
            return self._endpoint(names.client_service(self.name))
        return self.headless_endpoint

    @property
    def headless_endpoint(self) -> str:
        """The URL of all servers, ready or not."""
        return self._endpoint(names.headless_service(self.name))

    def _endpoint(self, service: str) -> str:
        client = self.listener(names.CLIENT_PORT)
        scheme = "tls" if client and client.tls else "nats"
        return f"{scheme}://{service}.{self.namespace}.svc:{client.port if client else 0}"
