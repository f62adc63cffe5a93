"""Resolves the exporter sidecar."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from natsop_core.findings import Finding
from natsop_core.listeners import LISTENERS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.pods import resolve_container
from natsop_core.resolve.security import container_security
from natsop_core.resolve.types import Exporter

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.images import DefaultImage
    from natsop_core.resolve.types import Listener

_WITHOUT_MONITOR: Final = Finding(
    "ExporterWithoutMonitor",
    "spec.promExporter needs the monitor: set spec.config.monitor.enabled to true, or disable the exporter.",
)

ALWAYS: Final = ("-connz", "-routez", "-subz", "-varz", "-prefix=nats", "-use_internal_server_id")


def resolve_exporter(
    cr: NatsCluster, monitor: Listener | None, ca_file: str, default: DefaultImage
) -> Answer[Exporter | None]:
    """The exporter; None if it is disabled, or if the monitor is."""
    spec = cr.spec.prom_exporter
    if not spec.enabled:
        return Answer(None)
    if monitor is None:
        return Answer(None, (_WITHOUT_MONITOR,))
    ca = ({"name": "SSL_CERT_FILE", "value": ca_file},) if monitor.tls and ca_file else ()
    own_names = {variable["name"] for variable in spec.env}
    container = resolve_container(
        spec.image,
        default,
        cr.spec.global_,
        resources=spec.resources,
        security_context=container_security(spec.security_context, cr.spec.pod_template.security_context),
        env=(*(variable for variable in ca if variable["name"] not in own_names), *spec.env),
    )
    host = spec.monitor_domain if monitor.tls else "localhost"
    url = f"{'https' if monitor.tls else 'http'}://{host}:{monitor.port}/"
    return Answer(Exporter(container, spec.port, url, (*ALWAYS, *_flags(cr))))


def _flags(cr: NatsCluster) -> Iterator[str]:
    if cr.spec.config.jetstream.enabled:
        yield "-jsz=all"
    yield from (row.exporter_flag for row in LISTENERS if row.exporter_flag and row.listens(cr.spec))
