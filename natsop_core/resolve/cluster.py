"""A NatsCluster, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.config import ExternalFiles, external_files
from natsop_core.resolve.exporter import resolve_exporter
from natsop_core.resolve.listeners import listeners
from natsop_core.resolve.live_cluster import live_cluster
from natsop_core.resolve.pods import labels_with, resolve_pod
from natsop_core.resolve.probes import resolve_probes
from natsop_core.resolve.routes import cluster_domain, resolve_routes
from natsop_core.resolve.scale import resolve_replicas
from natsop_core.resolve.server import resolve_reloader, resolve_server
from natsop_core.resolve.services import (
    client_service,
    disruption_budget,
    pod_monitor,
    service_account,
    service_account_name,
    websocket_ingress,
)
from natsop_core.resolve.storage import resolve_jetstream
from natsop_core.resolve.types import Cluster, Extras, Owner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.common import Metadata
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.inputs import Inputs
    from natsop_core.resolve.live_cluster import LiveCluster
    from natsop_core.resolve.types import JetStream

GRACE_SECONDS: Final = 60
"""Lame duck mode takes its 30 s, its grace period and then the server's own shutdown."""


@dataclass(frozen=True, slots=True)
class ResolvedCluster:
    """The cluster to build, and what of the custom resource could not be granted.

    cluster: None while something that it refers to is missing or unusable: then nothing is changed at all.
    """

    cluster: Cluster | None
    findings: tuple[Finding, ...]


def resolve_cluster(cr: NatsCluster, inputs: Inputs) -> ResolvedCluster:
    """Decide everything that a builder needs. A refused change leaves the live value everywhere, plus a finding."""
    live = live_cluster(cr, inputs)
    jetstream, refused_storage = resolve_jetstream(
        cr.spec.config.jetstream, live, names.stateful_set(cr.metadata.name)
    )
    replicas, refused_scale = resolve_replicas(cr, live, has_jetstream=jetstream is not None)
    files = external_files(cr, inputs)
    routes, missing_credentials = resolve_routes(cr, replicas, inputs)
    blocking = (*files.findings, *missing_credentials)
    if blocking:
        return ResolvedCluster(None, blocking)
    return _build(cr, live, replicas, jetstream, files, routes, (*refused_storage, *refused_scale))
