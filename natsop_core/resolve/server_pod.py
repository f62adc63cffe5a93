"""Resolves the settings of the servers' pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.resolve.pods import resolve_pod, with_host_alias, with_sysctl
from natsop_core.resolve.services import service_account_name

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.types import Listener, Pod

GRACE_SECONDS: Final = 60
"""Lame duck mode takes 30 s, then its grace period and the shutdown of the server."""

FIRST_UNPRIVILEGED_PORT: Final = 1024
UNPRIVILEGED_PORTS: Final = "net.ipv4.ip_unprivileged_port_start"
"""A sysctl that Pod Security allows. With 0, an unprivileged user may listen on any port."""


def resolve_server_pod(cr: NatsCluster, listeners: tuple[Listener, ...], *, keeps_identity: bool) -> Pod:
    """The pod settings. keeps_identity: the servers keep the user of their image."""
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
    if any(listener.port < FIRST_UNPRIVILEGED_PORT for listener in listeners):
        pod = with_sysctl(pod, UNPRIVILEGED_PORTS, "0")
    return pod


def sets_identity(cr: NatsCluster) -> bool:
    """Whether the custom resource says as which user the servers run."""
    template = cr.spec.pod_template
    return template.platform_identity or bool({"runAsUser", "fsGroup"} & (template.security_context or {}).keys())
