"""Resolves a NatsCluster: looks up its references, grants changes, and decides everything that builders need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from natsop_core.kubernetes.image_name import tag_of
from natsop_core.record import Record
from natsop_core.resolve.answer import Answer, Answers
from natsop_core.resolve.auth import auth_folder, resolve_auth
from natsop_core.resolve.certificates import served_certificates
from natsop_core.resolve.config import external_files
from natsop_core.resolve.effective import differences, read_configuration
from natsop_core.resolve.existing import grant_existing, read_existing
from natsop_core.resolve.expiry import cluster_expiries
from natsop_core.resolve.exporter import resolve_exporter
from natsop_core.resolve.extras import extras_of
from natsop_core.resolve.images import default_images
from natsop_core.resolve.integrations import resolve_pod_monitor
from natsop_core.resolve.invalid import invalid_cluster_values
from natsop_core.resolve.listeners import resolve_listeners
from natsop_core.resolve.nack import resolve_nack
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.probes import resolve_probes
from natsop_core.resolve.routes import cluster_domain, resolve_routes, routes_folder
from natsop_core.resolve.salt import resolve_salt
from natsop_core.resolve.server import memory_limit, resolve_reloader, resolve_server
from natsop_core.resolve.server_pod import resolve_server_pod, sets_identity
from natsop_core.resolve.services import (
    resolve_client_service,
    resolve_disruption_budget,
    resolve_service_account,
    resolve_websocket_ingress,
    wanted_pod_monitor,
)
from natsop_core.resolve.storage import resolve_jetstream
from natsop_core.resolve.system_user import resolve_system_user
from natsop_core.resolve.take_over import server_objects
from natsop_core.resolve.types import Cluster, VolumeClaim

if TYPE_CHECKING:
    from natsop_core.actions import Annotate
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.findings import Finding
    from natsop_core.guards import Granted
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.certificates import ServedCertificates
    from natsop_core.resolve.config import ExternalFiles
    from natsop_core.resolve.expiry import Expiry
    from natsop_core.resolve.integrations import Integrated, Integration
    from natsop_core.resolve.types import (
        Auth,
        Container,
        Exporter,
        Folder,
        JetStream,
        Listener,
        Nack,
        Pod,
        PodMonitor,
        Probes,
        Routes,
        Salt,
        SystemUser,
    )


@frozen
class ResolvedCluster:
    """The cluster to build, and the problems of the custom resource.

    cluster: None while a reference is missing or unusable; then no object is changed.
    config: the configuration that its servers will read; None without a cluster. keep: children that must not change.
    integrations: whether optional APIs are available. records: annotations to write on the claims.
    allowed_losses: changes that lose data and that the annotation allows. expiries: of its references, earliest first.
    """

    cluster: Cluster | None
    findings: tuple[Finding, ...]
    config: EffectiveConfig | None = None
    keep: tuple[ObjectKey, ...] = ()
    integrations: tuple[Integration, ...] = ()
    records: tuple[Annotate, ...] = ()
    allowed_losses: tuple[Finding, ...] = ()
    expiries: tuple[Expiry, ...] = ()
    certificates: ServedCertificates | None = None


@frozen
class _Parts:
    """The parts of a cluster that are resolved first."""

    listeners: tuple[Listener, ...]
    jetstream: JetStream | None
    files: ExternalFiles
    routes: Routes | None
    auth: Auth | None
    monitoring: Integrated[PodMonitor]
    nack: Integrated[Nack]
    salt: Salt | None
    system_user: SystemUser | None

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
    """Decide everything that a builder needs. A refused change keeps the committed value everywhere, plus a finding.

    Raises NotYetError.
    """
    answers = Answers()
    answers.take(invalid_cluster_values(cr))
    existing = read_existing(cr, lookup)
    granted = grant_existing(cr, existing.committed, lookup)
    answers.take(Answer(None, granted.findings, keep=server_objects(cr) if granted.is_frozen else ()))
    parts = _look_up(granted, existing.committed, lookup, answers)
    expiries = cluster_expiries(granted.cr, lookup)
    served = served_certificates(granted.cr, lookup)
    lookup.settle()
    if answers.blocking:
        return ResolvedCluster(None, answers.blocking)
    if granted.broken_rules:
        return ResolvedCluster(None, (*answers.findings, *granted.broken_rules))
    built = _build(granted, existing.committed, parts, answers)
    cluster, config = answers.take(read_configuration(built, servers_stay=granted.is_frozen))
    if config is None or answers.blocking:
        return ResolvedCluster(None, (*answers.blocking, *answers.findings))
    answers.take(differences(cluster, config))
    return ResolvedCluster(
        cluster,
        answers.findings,
        config,
        answers.keep,
        parts.integrations,
        records=existing.records,
        allowed_losses=granted.allowed_losses,
        expiries=expiries,
        certificates=served,
    )


def _look_up(granted: Granted, committed: Commitments, lookup: Lookup, answers: Answers) -> _Parts:
    """Resolve everything that the custom resource refers to."""
    cr = granted.cr
    files = answers.take(external_files(cr, lookup))
    ports = resolve_listeners(cr, files.ca_file)
    return _Parts(
        listeners=ports,
        jetstream=resolve_jetstream(
            cr.spec.config.jetstream, granted.idle_claim, memory_limit=memory_limit(cr.spec.container.resources)
        ),
        files=files,
        routes=answers.take(resolve_routes(cr, cr.spec.replicas, lookup)),
        auth=answers.take(resolve_auth(cr, committed, lookup)),
        monitoring=answers.take(resolve_pod_monitor(cr, wanted_pod_monitor(cr), lookup)),
        nack=answers.take(resolve_nack(cr, ports[0].tls, lookup)),
        salt=answers.take(resolve_salt(cr, lookup)),
        system_user=answers.take(resolve_system_user(cr, lookup)),
    )


@frozen
class _Workload:
    """What runs in the pods of the servers, and as which user."""

    server: Container
    probes: Probes
    reloader: Container | None
    exporter: Exporter | None
    pod: Pod
    keeps_identity: bool


def _resolve_workload(cr: NatsCluster, committed: Commitments, parts: _Parts, answers: Answers) -> _Workload:
    monitor = parts.listener(names.MONITOR_PORT)
    images = default_images(cr.spec.image, committed)
    server = resolve_server(cr, images.server)
    keeps_identity = committed.keeps_identity and not sets_identity(cr)
    return _Workload(
        server=server,
        probes=resolve_probes(cr.spec.container, monitor),
        reloader=resolve_reloader(cr, server, images.reloader),
        exporter=answers.take(resolve_exporter(cr, monitor, parts.files.ca_file, images.exporter)),
        pod=resolve_server_pod(cr, parts.listeners, keeps_identity=keeps_identity),
        keeps_identity=keeps_identity,
    )


def _build(granted: Granted, committed: Commitments, parts: _Parts, answers: Answers) -> Cluster:
    cr, spec = granted.cr, granted.cr.spec
    workload = _resolve_workload(cr, committed, parts, answers)
    return Cluster(
        owner=owner_of(cr.metadata, names.CLUSTER_KIND),
        domain=cluster_domain(cr),
        labels=spec.global_.labels,
        replicas=spec.replicas,
        listeners=parts.listeners,
        routes=parts.routes,
        jetstream=parts.jetstream,
        server_name_prefix=spec.config.server_name_prefix,
        system_user=parts.system_user,
        folders=_folders(cr, parts),
        includes=parts.files.includes,
        existing_config=parts.files.existing_config,
        auth=parts.auth,
        environment=parts.files.environment,
        server=workload.server,
        probes=workload.probes,
        reloader=workload.reloader,
        exporter=workload.exporter,
        pod=workload.pod,
        keeps_identity=workload.keeps_identity,
        pod_management_policy=spec.stateful_set.pod_management_policy,
        min_ready_seconds=spec.stateful_set.min_ready_seconds or 0,
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
        salt=parts.salt,
        stateful_set=extras_of(spec.global_, spec.stateful_set),
        config_map=extras_of(spec.global_, spec.config_map),
        headless_service=extras_of(spec.global_, spec.headless_service),
        client_service=resolve_client_service(cr),
        ingress=answers.take(resolve_websocket_ingress(cr)),
        disruption_budget=resolve_disruption_budget(cr, spec.replicas),
        service_account=resolve_service_account(cr),
        pod_monitor=parts.monitoring.value,
        nack=parts.nack.value,
        optional_kinds=parts.optional_kinds,
        record=_record(granted, committed, parts, workload),
    )


def _record(granted: Granted, committed: Commitments, parts: _Parts, workload: _Workload) -> Record:
    """The commitments to store. Without JetStream, those to the streams of earlier servers remain."""
    spec, reloader, exporter = granted.cr.spec, workload.reloader, workload.exporter
    return Record(
        replicas=spec.replicas if parts.jetstream else committed.replicas,
        server_name_prefix=spec.config.server_name_prefix if parts.jetstream else committed.server_name_prefix,
        jetstream=_where_streams_are(parts.jetstream),
        resolver=_where_accounts_are(parts.auth),
        server_tag=tag_of(workload.server.image),
        reloader_tag=tag_of(reloader.image) if reloader else "",
        exporter_tag=tag_of(exporter.container.image) if exporter else "",
        keeps_identity=workload.keeps_identity,
        keeps_idle_claim=granted.idle_claim is not None,
    )


def _where_streams_are(jetstream: JetStream | None) -> Literal["claim", "emptyDir", "none"]:
    if jetstream is None:
        return "none"
    return "claim" if isinstance(jetstream.volume, VolumeClaim) else "emptyDir"


def _where_accounts_are(auth: Auth | None) -> Literal["full", "memory", "none"]:
    if auth is None:
        return "none"
    return "full" if auth.volume else "memory"


def _folders(cr: NatsCluster, parts: _Parts) -> tuple[Folder, ...]:
    routes = routes_folder(cr, parts.routes)
    return (*parts.files.folders, *([routes] if routes else []), *([auth_folder(cr)] if parts.auth else []))
