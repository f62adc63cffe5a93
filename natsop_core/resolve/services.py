"""Resolves the client Service, the Ingress, the ServiceAccount, the disruption budget and the PodMonitor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.extras import extras_of, labels_with
from natsop_core.resolve.pods import union
from natsop_core.resolve.types import ClientService, DisruptionBudget, Ingress, PodMonitor, ServiceAccount

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.kubernetes.types import PodDisruptionBudgetSpec

_WITHOUT_SERVICE: Final = Finding(
    "IngressWithoutService",
    "spec.config.websocket.ingress needs the websocket port of the client Service: set spec.service.enabled and"
    " spec.service.ports.websocket.enabled to true, or disable the Ingress.",
)

WITH_NODE_PORTS: Final = frozenset(("NodePort", "LoadBalancer"))


def resolve_client_service(cr: NatsCluster) -> ClientService | None:
    """The Service for clients, or None. Fields that Kubernetes rejects for its type are left out."""
    service = cr.spec.service
    if not service.enabled:
        return None
    outside = service.type in WITH_NODE_PORTS
    return ClientService(
        type=service.type,
        node_ports=service.node_ports if outside else {},
        external_traffic_policy=(service.external_traffic_policy or "") if outside else "",
        load_balancer_class=(service.load_balancer_class or "") if service.type == "LoadBalancer" else "",
        extras=extras_of(cr.spec.global_, service),
    )


def resolve_websocket_ingress(cr: NatsCluster) -> Answer[Ingress | None]:
    """The Ingress to the websocket listener; None if it is disabled, or if there is no Service for it."""
    websocket = cr.spec.config.websocket
    ingress = websocket.ingress
    if not websocket.enabled or not ingress.enabled or not ingress.hosts:
        return Answer(None)
    if not cr.spec.service.enabled or cr.spec.service.ports.websocket.enabled is False:
        return Answer(None, (_WITHOUT_SERVICE,))
    return Answer(
        Ingress(
            hosts=tuple(ingress.hosts),
            path=ingress.path or "/",
            path_type=ingress.path_type,
            class_name=ingress.class_name or "",
            tls_secret=ingress.tls_secret_name or "",
            annotations=ingress.annotations,
        )
    )


def resolve_service_account(cr: NatsCluster) -> ServiceAccount | None:
    """The ServiceAccount of the pods; None for the default one of the namespace."""
    account = cr.spec.service_account
    if not account.enabled:
        return None
    return ServiceAccount(union(account.image_pull_secrets), account.annotations)


def service_account_name(cr: NatsCluster) -> str:
    """The ServiceAccount name for the pods; empty for the default one of the namespace."""
    return names.service_account(cr.metadata.name) if cr.spec.service_account.enabled else ""


def resolve_disruption_budget(cr: NatsCluster, replicas: int) -> DisruptionBudget | None:
    """The disruption budget; None for a single server, where it could only block node drains."""
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
    return DisruptionBudget(limits, extras_of(cr.spec.global_, budget))


def wanted_pod_monitor(cr: NatsCluster) -> PodMonitor | None:
    """The PodMonitor that the user wants, or None."""
    monitor = cr.spec.prom_exporter.pod_monitor
    if not monitor.enabled or not cr.spec.prom_exporter.enabled or not cr.spec.config.monitor.enabled:
        return None
    return PodMonitor(
        monitor.interval or "", monitor.scrape_timeout or "", labels_with(cr.spec.global_, monitor.labels)
    )
