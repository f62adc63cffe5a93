"""The ports that the servers listen on, and the TLS of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.resolve.types import Listener, Tls

if TYPE_CHECKING:
    from natsop_core.api.listeners import TlsSpec
    from natsop_core.api.natscluster import NatsCluster


def listeners(cr: NatsCluster, replicas: int, ca_file: str) -> tuple[Listener, ...]:
    """Every listener that is on, in the order in which ports are shown. `ca_file` is empty without a CA."""
    config = cr.spec.config

    def listener(name: str, port: int, spec: TlsSpec | None, *, web: bool = False, published: bool = True) -> Listener:
        tls = _tls(names.certificate_folder(name), spec, ca_file) if spec and spec.enabled else None
        return Listener(name, port, _protocol(tls, web=web), published=published, tls=tls)

    def each() -> Iterator[Listener]:
        client = listener(names.CLIENT_PORT, config.nats.port, config.nats.tls)
        yield client
        if replicas > 1:
            yield listener(names.ROUTES_PORT, config.cluster.port, config.cluster.tls, published=False)
        if config.monitor.enabled:
            tls = client.tls if config.monitor.tls_enabled else None  # it has no certificate of its own
            yield Listener(names.MONITOR_PORT, config.monitor.port, _protocol(tls, web=True), tls=tls)
        if config.leafnodes.enabled:
            yield listener(names.LEAFNODES_PORT, config.leafnodes.port, config.leafnodes.tls)
        if config.websocket.enabled:
            yield listener(names.WEBSOCKET_PORT, config.websocket.port, config.websocket.tls, web=True)
        if config.mqtt.enabled:
            yield listener(names.MQTT_PORT, config.mqtt.port, config.mqtt.tls)
        if config.gateway.enabled:
            yield listener(names.GATEWAY_PORT, config.gateway.port, config.gateway.tls)
        if config.profiling.enabled:
            yield listener(names.PROFILING_PORT, config.profiling.port, None, web=True, published=False)

    return tuple(each())


def _tls(folder: str, spec: TlsSpec, ca_file: str) -> Tls:
    return Tls(f"{folder}/{spec.cert}", f"{folder}/{spec.key}", ca_file, spec.verify, spec.timeout)


def _protocol(tls: Tls | None, *, web: bool) -> str:
    """The appProtocol of a Service's port."""
    plain, encrypted = ("http", "https") if web else ("tcp", "tls")
    return encrypted if tls else plain
