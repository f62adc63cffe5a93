"""Resolves the listeners of the servers: port, protocol and TLS of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.listeners import LISTENERS
from natsop_core.resolve.types import Listener, Tls

if TYPE_CHECKING:
    from natsop_core.api.listeners import TlsSpec
    from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
    from natsop_core.listeners import ListenerRow


def resolve_listeners(cr: NatsCluster, ca_file: str) -> tuple[Listener, ...]:
    """All enabled listeners, in display order. ca_file: empty without a CA."""
    return tuple(_listener(row, cr.spec, ca_file) for row in LISTENERS if row.listens(cr.spec))


def _listener(row: ListenerRow, spec: NatsClusterSpec, ca_file: str) -> Listener:
    tls = _tls_of(row, spec, ca_file)
    return Listener(
        row.name, row.port(spec), _protocol(tls, web=row.is_web), is_published=row.is_published(spec), tls=tls
    )


def _tls_of(row: ListenerRow, spec: NatsClusterSpec, ca_file: str) -> Tls | None:
    """The TLS settings of a listener. The monitor uses the certificate of the client listener."""
    if row.name == names.MONITOR_PORT:
        return _tls(names.CLIENT_PORT, spec.config.nats.tls, ca_file) if spec.config.monitor.tls_enabled else None
    return _tls(row.name, row.tls(spec), ca_file) if row.tls else None


def _tls(listener: str, spec: TlsSpec, ca_file: str) -> Tls | None:
    if not spec.enabled:
        return None
    folder = names.certificate_folder(listener)
    return Tls(f"{folder}/{spec.cert}", f"{folder}/{spec.key}", ca_file, spec.verify, spec.timeout)


def _protocol(tls: Tls | None, *, web: bool) -> str:
    """The appProtocol of a Service port."""
    plain, encrypted = ("http", "https") if web else ("tcp", "tls")
    return encrypted if tls else plain
