"""A NatsCluster, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from natsop_core import names
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS, STATEFUL_SETS
from natsop_core.resolve.answer import Answer, Answers
from natsop_core.resolve.auth import auth_folder, resolve_auth
from natsop_core.resolve.config import external_files
from natsop_core.resolve.effective import differences, read_configuration
from natsop_core.resolve.exporter import resolve_exporter
from natsop_core.resolve.immutable import resolve_immutable
from natsop_core.resolve.in_force import in_force, unfit_for_what_stays
from natsop_core.resolve.integrations import resolve_pod_monitor
from natsop_core.resolve.invalid import invalid_cluster_values
from natsop_core.resolve.listeners import resolve_listeners
from natsop_core.resolve.live_cluster import live_cluster
from natsop_core.resolve.nack import resolve_nack
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.pods import labels_with, resolve_pod, with_host_alias, with_sysctl
from natsop_core.resolve.probes import resolve_probes
from natsop_core.resolve.routes import resolve_routes, routes_folder
from natsop_core.resolve.salt import resolve_salt
from natsop_core.resolve.scale import resolve_replicas
from natsop_core.resolve.server import memory_limit, resolve_reloader, resolve_server
from natsop_core.resolve.services import (
    resolve_client_service,
    resolve_disruption_budget,
    resolve_service_account,
    resolve_websocket_ingress,
    service_account_name,
    wanted_pod_monitor,
)
from natsop_core.resolve.storage import resolve_jetstream
from natsop_core.resolve.take_over import data_outside_volume
from natsop_core.resolve.types import Cluster, Extras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.findings import Finding
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.config import ExternalFiles
    from natsop_core.resolve.immutable import Immutable
    from natsop_core.resolve.integrations import Integrated, Integration
    from natsop_core.resolve.live_cluster import LiveCluster
    from natsop_core.resolve.types import Auth, Folder, JetStream, Listener, Nack, Pod, PodMonitor, Routes, Salt


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
    config: what its servers will read; None without a cluster. keep: children that must stay exactly as they are.
    integrations: whether what others have to install is available.
    """

    cluster: Cluster | None
    findings: tuple[Finding, ...]
    config: EffectiveConfig | None = None
    keep: tuple[ObjectKey, ...] = ()
    integrations: tuple[Integration, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was looked up and decided of a cluster before the rest."""

    replicas: int
    listeners: tuple[Listener, ...]
    jetstream: JetStream | None
    files: ExternalFiles
    routes: Routes | None
    auth: Auth | None
    fixed: Immutable
    monitoring: Integrated[PodMonitor]
    nack: Integrated[Nack]
    salt: Salt | None

    def listener(self, name: str) -> Listener | None:
        return next((each for each in self.listeners if each.name == name), None)

    @property
    def integrations(self) -> tuple[Integration, ...]:
        return tuple(each for each in (self.monitoring.integration, self.nack.integration) if each)

    @property
    def optional_kinds(self) -> tuple[str, ...]:
        kinds = {NACK_ACCOUNTS.kind: self.nack.may_exist, POD_MONITORS.kind: self.monitoring.may_exist}
        return tuple(kind for kind, may_exist in kinds.items() if may_exist)


def resolve_cluster(cr: NatsCluster, lookup: Lookup) -> ResolvedCluster:
    """Decide everything that a builder needs. A refused change leaves the live value everywhere, plus a finding.

    Raises NotYetError.
    """
    answers = Answers()
    answers.take(invalid_cluster_values(cr))
    live = live_cluster(cr, lookup)
    answers.take(data_outside_volume(cr, live, lookup))
    granted, jetstream, fixed = _grant(cr, live, answers)
    parts = _look_up(granted, live, jetstream, fixed, lookup, answers)
    lookup.settle()
    if answers.blocking:
        return ResolvedCluster(None, answers.blocking)
    if unfit := unfit_for_what_stays(cr, granted):
        return ResolvedCluster(None, (*answers.findings, *unfit))
    built = _build(granted, live, parts, answers)
    cluster, config = answers.take(
        read_configuration(built, parts.files.environment, servers_stay=_stateful_set(cr) in answers.keep)
    )
    if config is None or answers.blocking:
        return ResolvedCluster(None, (*answers.blocking, *answers.findings))
    answers.take(differences(cluster, config))
    return ResolvedCluster(cluster, answers.findings, config, answers.keep, parts.integrations)


def _stateful_set(cr: NatsCluster) -> ObjectKey:
    return STATEFUL_SETS.key(cr.metadata.namespace, names.stateful_set(cr.metadata.name))


def _grant(
    cr: NatsCluster, live: LiveCluster | None, answers: Answers
) -> tuple[NatsCluster, JetStream | None, Immutable]:
    """The custom resource as far as running servers allow it."""
    jetstream, refused_storage = resolve_jetstream(
        cr.spec.config.jetstream,
        live,
        names.stateful_set(cr.metadata.name),
        memory_limit=memory_limit(cr.spec.container.resources),
    )
    replicas, refused_scale = resolve_replicas(cr, live, has_jetstream=jetstream is not None)
    granted = in_force(cr, replicas, has_jetstream=jetstream is not None)
    fixed = resolve_immutable(granted, live, replicas, has_jetstream=jetstream is not None)
    answers.take(Answer(None, (*refused_storage, *refused_scale, *fixed.findings)))
    return granted, jetstream, fixed


def _look_up(
    cr: NatsCluster,
    live: LiveCluster | None,
    jetstream: JetStream | None,
    fixed: Immutable,
    lookup: Lookup,
    answers: Answers,
) -> _Parts:
    """Everything that the custom resource refers to."""
    files = answers.take(external_files(cr, lookup))
    ports = resolve_listeners(cr, files.ca_file)
    return _Parts(
        replicas=cr.spec.replicas,
        listeners=ports,
        jetstream=jetstream,
        files=files,
        routes=answers.take(resolve_routes(cr, cr.spec.replicas, lookup)),
        auth=answers.take(resolve_auth(cr, live, lookup)),
        fixed=fixed,
        monitoring=answers.take(resolve_pod_monitor(cr, wanted_pod_monitor(cr), lookup)),
        nack=answers.take(resolve_nack(cr, ports[0].tls, lookup)),
        salt=answers.take(resolve_salt(cr, lookup)),
    )


def _build(cr: NatsCluster, live: LiveCluster | None, parts: _Parts, answers: Answers) -> Cluster:
    spec, files = cr.spec, parts.files
    monitor = parts.listener(names.MONITOR_PORT)
    server = resolve_server(cr, live)
    keeps_identity = live is not None and live.keeps_identity and not _sets_identity(cr)

    def extras(block: Labelled) -> Extras:
        return Extras(labels_with(spec.global_, block.labels), block.annotations)

    return Cluster(
        owner=owner_of(cr.metadata, names.CLUSTER_KIND),
        labels=spec.global_.labels,
        replicas=parts.replicas,
        listeners=parts.listeners,
        routes=parts.routes,
        jetstream=parts.jetstream,
        server_name_prefix=parts.fixed.server_name_prefix,
        needs_system_account=False,
        folders=_folders(cr, parts),
        includes=files.includes,
        existing_config=files.existing_config,
        auth=parts.auth,
        server=server,
        probes=resolve_probes(spec.container, monitor),
        reloader=resolve_reloader(cr, server),
        exporter=answers.take(resolve_exporter(cr, monitor, files.ca_file)),
        pod=_pod(cr, parts.listeners, keeps_identity=keeps_identity),
        keeps_identity=keeps_identity,
        pod_management_policy=parts.fixed.pod_management_policy,
        min_ready_seconds=spec.stateful_set.min_ready_seconds or 0,
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
        salt=parts.salt,
        stateful_set=extras(spec.stateful_set),
        config_map=extras(spec.config_map),
        headless_service=extras(spec.headless_service),
        client_service=resolve_client_service(cr),
        ingress=answers.take(resolve_websocket_ingress(cr)),
        disruption_budget=resolve_disruption_budget(cr, parts.replicas),
        service_account=resolve_service_account(cr),
        pod_monitor=parts.monitoring.value,
        nack=parts.nack.value,
        optional_kinds=parts.optional_kinds,
    )


def _sets_identity(cr: NatsCluster) -> bool:
    template = cr.spec.pod_template
    return template.platform_identity or bool({"runAsUser", "fsGroup"} & (template.security_context or {}).keys())


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
