"""A NatsCluster, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.auth import auth_folder, auth_secret_key, resolve_auth
from natsop_core.resolve.config import ExternalFiles, external_files
from natsop_core.resolve.exporter import resolve_exporter
from natsop_core.resolve.immutable import resolve_immutable
from natsop_core.resolve.in_force import in_force, unfit_for_what_stays
from natsop_core.resolve.integrations import resolve_pod_monitor
from natsop_core.resolve.listeners import resolve_listeners
from natsop_core.resolve.live_cluster import live_cluster
from natsop_core.resolve.nack import resolve_nack
from natsop_core.resolve.operator_mode import refused_beside_operator
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.pods import labels_with, resolve_pod, with_host_alias, with_sysctl
from natsop_core.resolve.probes import resolve_probes
from natsop_core.resolve.routes import resolve_routes, routes_folder
from natsop_core.resolve.scale import resolve_replicas
from natsop_core.resolve.server import resolve_reloader, resolve_server
from natsop_core.resolve.services import (
    resolve_client_service,
    resolve_disruption_budget,
    resolve_service_account,
    resolve_websocket_ingress,
    service_account_name,
    wanted_pod_monitor,
)
from natsop_core.resolve.storage import resolve_jetstream
from natsop_core.resolve.system_account import missing_system_account, needs_system_account
from natsop_core.resolve.take_over import data_outside_volume
from natsop_core.resolve.types import Cluster, Exporter, Extras, Ingress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.inputs import Inputs
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.immutable import Immutable
    from natsop_core.resolve.integrations import Integration
    from natsop_core.resolve.live_cluster import LiveCluster
    from natsop_core.resolve.types import Auth, Folder, JetStream, Listener, Nack, Pod, PodMonitor, Routes


class Labelled(Protocol):
    """A block of the custom resource in which users label an object."""

    @property
    def labels(self) -> Mapping[str, str]: ...

    @property
    def annotations(self) -> Mapping[str, str]: ...


GRACE_SECONDS: Final = 60
"""Lame duck mode takes its 30 s, its grace period and then the server's own shutdown."""

FIRST_UNPRIVILEGED_PORT: Final = 1024
UNPRIVILEGED_PORTS: Final = "net.ipv4.ip_unprivileged_port_start"
"""A sysctl that Pod Security counts as safe: with 0, a user without privileges may listen on any port."""


@dataclass(frozen=True, slots=True)
class ResolvedCluster:
    """The cluster to build, and what of the custom resource could not be granted.

    cluster: None while something that it refers to is missing or unusable: then nothing is changed at all.
    keeps_servers: the live StatefulSet and its configuration must stay exactly as they are.
    keep: other children that must. integrations: how it stands with what others have to install.
    """

    cluster: Cluster | None
    findings: tuple[Finding, ...]
    keeps_servers: bool = False
    keep: tuple[ObjectKey, ...] = ()
    integrations: tuple[Integration, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was decided of a cluster before the rest."""

    replicas: int
    listeners: tuple[Listener, ...]
    jetstream: JetStream | None
    files: ExternalFiles
    routes: Routes | None
    auth: Auth | None
    fixed: Immutable
    pod_monitor: PodMonitor | None
    nack: Nack | None

    def listener(self, name: str) -> Listener | None:
        return next((each for each in self.listeners if each.name == name), None)


def resolve_cluster(cr: NatsCluster, inputs: Inputs) -> ResolvedCluster:
    """Decide everything that a builder needs. A refused change leaves the live value everywhere, plus a finding."""
    live = live_cluster(cr, inputs)
    jetstream, refused_storage = resolve_jetstream(cr.spec.config.jetstream, live, names.stateful_set(cr.metadata.name))
    replicas, refused_scale = resolve_replicas(cr, live, has_jetstream=jetstream is not None)
    wanted, cr = cr, in_force(cr, replicas, has_jetstream=jetstream is not None)
    files = external_files(cr, inputs)
    routes, missing_credentials = resolve_routes(cr, replicas, inputs)
    auth = resolve_auth(cr, live, inputs)
    blocking = (*files.findings, *missing_credentials, *(auth.findings if auth.is_blocked else ()))
    if blocking := blocking or missing_system_account(cr, files) or refused_beside_operator(cr, files):
        return ResolvedCluster(None, blocking)
    if unfit := unfit_for_what_stays(wanted, cr):
        return ResolvedCluster(None, (*refused_storage, *refused_scale, *unfit))
    fixed = resolve_immutable(cr, live, replicas, has_jetstream=jetstream is not None)
    ports = resolve_listeners(cr, files.ca_file)
    monitoring = resolve_pod_monitor(cr.metadata, wanted_pod_monitor(cr), inputs)
    nack = resolve_nack(cr, ports[0].tls, inputs)
    cluster, unmet = _build(
        cr, live, _Parts(replicas, ports, jetstream, files, routes, auth.auth, fixed, monitoring.monitor, nack.nack)
    )
    outside = data_outside_volume(cr, live, inputs)
    return ResolvedCluster(
        cluster,
        findings=(
            *([outside] if outside else []),
            *auth.findings,
            *refused_storage,
            *refused_scale,
            *fixed.findings,
            *unmet,
            *nack.findings,
        ),
        keeps_servers=outside is not None,
        keep=(*([auth_secret_key(cr)] if auth.keeps_secret else []), *nack.keep, *monitoring.keep),
        integrations=tuple(each for each in (monitoring.integration, nack.integration) if each),
    )


def _build(cr: NatsCluster, live: LiveCluster | None, parts: _Parts) -> tuple[Cluster, tuple[Finding, ...]]:
    """The cluster, and what of it cannot be had because something that it needs is off."""
    spec, files = cr.spec, parts.files
    monitor = parts.listener(names.MONITOR_PORT)
    exporter = resolve_exporter(cr, monitor, files.ca_file)
    ingress = resolve_websocket_ingress(cr)
    server = resolve_server(cr, live)
    keeps_identity = live is not None and live.keeps_identity and not _sets_identity(cr)

    def extras(block: Labelled) -> Extras:
        return Extras(labels_with(spec.global_, block.labels), block.annotations)

    cluster = Cluster(
        owner=owner_of(cr.metadata, names.CLUSTER_KIND),
        labels=spec.global_.labels,
        replicas=parts.replicas,
        listeners=parts.listeners,
        routes=parts.routes,
        jetstream=parts.jetstream,
        server_name_prefix=parts.fixed.server_name_prefix,
        needs_system_account=needs_system_account(cr, files),
        folders=_folders(cr, parts),
        includes=files.includes,
        existing_config=files.existing_config,
        auth=parts.auth,
        server=server,
        probes=resolve_probes(spec.container, monitor),
        reloader=resolve_reloader(cr, server),
        exporter=exporter if isinstance(exporter, Exporter) else None,
        pod=_pod(cr, parts.listeners, keeps_identity=keeps_identity),
        keeps_identity=keeps_identity,
        pod_management_policy=parts.fixed.pod_management_policy,
        min_ready_seconds=spec.stateful_set.min_ready_seconds or 0,
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
        stateful_set=extras(spec.stateful_set),
        config_map=extras(spec.config_map),
        headless_service=extras(spec.headless_service),
        client_service=resolve_client_service(cr),
        ingress=ingress if isinstance(ingress, Ingress) else None,
        disruption_budget=resolve_disruption_budget(cr, parts.replicas),
        service_account=resolve_service_account(cr),
        pod_monitor=parts.pod_monitor,
        nack=parts.nack,
    )
    unmet = tuple(each for each in (exporter, ingress) if isinstance(each, Finding))
    return cluster, unmet


def _sets_identity(cr: NatsCluster) -> bool:
    return bool({"runAsUser", "fsGroup"} & (cr.spec.pod_template.security_context or {}).keys())


def _pod(cr: NatsCluster, ports: tuple[Listener, ...], *, keeps_identity: bool) -> Pod:
    pod = resolve_pod(
        cr.spec.pod_template,
        cr.spec.global_,
        selector=names.cluster_selector(cr.metadata.name),
        grace_seconds=GRACE_SECONDS,
        service_account=service_account_name(cr),
        keeps_identity=keeps_identity,
    )
    exporter = cr.spec.prom_exporter
    if exporter.enabled and exporter.monitor_domain and cr.spec.config.monitor.tls_enabled:
        pod = with_host_alias(pod, exporter.monitor_domain)
    if any(listener.port < FIRST_UNPRIVILEGED_PORT for listener in ports):
        pod = with_sysctl(pod, UNPRIVILEGED_PORTS, "0")
    return pod


def _folders(cr: NatsCluster, parts: _Parts) -> tuple[Folder, ...]:
    routes = routes_folder(cr, parts.routes)
    return (*parts.files.folders, *([routes] if routes else []), *([auth_folder(cr)] if parts.auth else []))
