"""A NatsCluster, resolved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from natsop_core import names
from natsop_core.kubernetes.quantity import rounded_bytes
from natsop_core.resolve.images import RELOADER, SERVER, image_reference, pull_policy
from natsop_core.resolve.live_cluster import live_cluster
from natsop_core.resolve.scale import resolve_replicas
from natsop_core.resolve.storage import resolve_jetstream
from natsop_core.resolve.types import Cluster, Container, DisruptionBudget, Listener, Owner, Routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.common import Metadata
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.findings import Finding
    from natsop_core.inputs import Inputs
    from natsop_core.kubernetes.types import PodDisruptionBudgetSpec, ResourceRequirements
    from natsop_core.resolve.live_cluster import LiveCluster


@dataclass(frozen=True, slots=True)
class ResolvedCluster:
    """The cluster to build, and what of the custom resource could not be granted."""

    cluster: Cluster
    findings: tuple[Finding, ...]


def resolve_cluster(cr: NatsCluster, inputs: Inputs) -> ResolvedCluster:
    """Decide everything that a builder needs. A refused change leaves the live value everywhere, plus a finding."""
    spec = cr.spec
    live = live_cluster(cr, inputs)
    jetstream, storage_findings = resolve_jetstream(spec.config.jetstream, live, names.stateful_set(cr.metadata.name))
    replicas, scale_findings = resolve_replicas(cr, live, has_jetstream=jetstream is not None)
    resources = container_resources(spec.container.resources)
    cluster = Cluster(
        owner=owner_of(cr.metadata, names.CLUSTER_KIND),
        domain=cluster_domain(cr),
        replicas=replicas,
        listeners=_listeners(cr, replicas),
        routes=_routes(cr, replicas),
        jetstream=jetstream,
        server=Container(_server_image(cr, live), pull_policy(spec.image), resources),
        environment=_environment(resources),
        reloader=_reloader(cr),
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
        disruption_budget=_disruption_budget(cr, replicas),
    )
    return ResolvedCluster(cluster, storage_findings + scale_findings)


def owner_of(metadata: Metadata, kind: str) -> Owner:
    """The identity that children name as their controller."""
    return Owner(names.API_VERSION, kind, metadata.namespace, metadata.name, metadata.uid)


def container_resources(resources: Mapping[str, object] | None) -> ResourceRequirements:
    """The user's resource requirements, checked when they were read."""
    return cast("ResourceRequirements", resources or {})


def cluster_domain(cr: NatsCluster) -> str:
    """The DNS domain of the Kubernetes cluster, without a dot at either end."""
    return cr.spec.config.cluster.route_urls.k8s_cluster_domain


def _listeners(cr: NatsCluster, replicas: int) -> tuple[Listener, ...]:
    config = cr.spec.config
    listeners = [Listener(names.CLIENT_PORT, config.nats.port, "tcp", published=True)]
    if replicas > 1:
        listeners.append(Listener(names.ROUTES_PORT, config.cluster.port, "tcp"))
    if config.monitor.enabled:
        listeners.append(Listener(names.MONITOR_PORT, config.monitor.port, "http"))
    return tuple(listeners)


def _routes(cr: NatsCluster, replicas: int) -> Routes | None:
    if replicas == 1:
        return None
    cluster = cr.spec.config.cluster
    suffix = f"{names.headless_host(cr.metadata.name, cr.metadata.namespace, cluster_domain(cr))}:{cluster.port}"
    urls = tuple(f"nats://{names.pod(cr.metadata.name, ordinal)}.{suffix}" for ordinal in range(replicas))
    return Routes(port=cluster.port, no_advertise=cluster.no_advertise, urls=urls)


def _server_image(cr: NatsCluster, live: LiveCluster | None) -> str:
    """With no image asked for, a running server keeps its own: an upgrade of the operator upgrades no server."""
    if not cr.spec.image.model_fields_set & {"repository", "tag"} and live is not None and live.image:
        return live.image
    return image_reference(cr.spec.image, SERVER)


def _environment(resources: ResourceRequirements) -> dict[str, str]:
    """Go's soft memory limit at 80 % of the container's, in whole MiB (Go does not understand Kubernetes' suffixes)."""
    limit = rounded_bytes(resources.get("limits", {}).get("memory", 0)) or 0
    mebibytes = limit * 8 // 10 // 2**20
    return {"GOMEMLIMIT": f"{mebibytes}MiB"} if mebibytes else {}  # 0MiB would keep the collector running


def _reloader(cr: NatsCluster) -> Container | None:
    reloader = cr.spec.reloader
    if not reloader.enabled:
        return None
    return Container(
        image_reference(reloader.image, RELOADER), pull_policy(reloader.image), container_resources(reloader.resources)
    )


def _disruption_budget(cr: NatsCluster, replicas: int) -> DisruptionBudget | None:
    """None for a single server, where a budget could only block node drains."""
    budget = cr.spec.pod_disruption_budget
    if replicas == 1 or not budget.enabled:
        return None
    limits: PodDisruptionBudgetSpec = {}
    if budget.min_available is not None:
        limits["minAvailable"] = budget.min_available
    else:
        limits["maxUnavailable"] = 1 if budget.max_unavailable is None else budget.max_unavailable
    if budget.unhealthy_pod_eviction_policy:
        limits["unhealthyPodEvictionPolicy"] = budget.unhealthy_pod_eviction_policy
    return DisruptionBudget(limits, budget.labels, budget.annotations)
