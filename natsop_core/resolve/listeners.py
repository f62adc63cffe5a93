"""The ports that the servers listen on, and the TLS of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.resolve.types import Listener, Tls

if TYPE_CHECKING:
    from natsop_core.api.listeners import Tls as TlsSpec
    from natsop_core.api.natscluster import NatsCluster


def listeners(cr: NatsCluster, replicas: int, ca_file: str) -> tuple[Listener, ...]:
    """Every listener that is on, in the order in which ports are shown. `ca_file` is empty without a CA."""
    config = cr.spec.config

    def tls(listener: str, spec: TlsSpec) -> Tls | None:
        return _tls(names.certificate_folder(listener), spec, ca_file) if spec.enabled else None

    def each() -> Iterator[Listener]:
        client_tls = tls(names.CLIENT_PORT, config.nats.tls)
        yield Listener(names.CLIENT_PORT, config.nats.port, _stream(client_tls), published=True, tls=client_tls)
        if replicas > 1:
            route_tls = tls(names.ROUTES_PORT, config.cluster.tls)
            yield Listener(names.ROUTES_PORT, config.cluster.port, _stream(route_tls), tls=route_tls)
        if config.monitor.enabled:
            monitor_tls = client_tls if config.monitor.tls_enabled else None
            yield Listener(names.MONITOR_PORT, config.monitor.port, _web(monitor_tls), tls=monitor_tls)
        if config.leafnodes.enabled:
            leaf_tls = tls(names.LEAFNODES_PORT, config.leafnodes.tls)
            yield Listener(names.LEAFNODES_PORT, config.leafnodes.port, _stream(leaf_tls), published=True, tls=leaf_tls)
        if config.websocket.enabled:
            web_tls = tls(names.WEBSOCKET_PORT, config.websocket.tls)
            yield Listener(names.WEBSOCKET_PORT, config.websocket.port, _web(web_tls), published=True, tls=web_tls)
        if config.mqtt.enabled:
            mqtt_tls = tls(names.MQTT_PORT, config.mqtt.tls)
            yield Listener(names.MQTT_PORT, config.mqtt.port, _stream(mqtt_tls), published=True, tls=mqtt_tls)
        if config.gateway.enabled:
            gateway_tls = tls(names.GATEWAY_PORT, config.gateway.tls)
            yield Listener(
                names.GATEWAY_PORT, config.gateway.port, _stream(gateway_tls), published=True, tls=gateway_tls
            )
        if config.profiling.enabled:
            yield Listener(names.PROFILING_PORT, config.profiling.port, "http")

    return tuple(each())


def _tls(folder: str, spec: TlsSpec, ca_file: str) -> Tls:
    return Tls(f"{folder}/{spec.cert}", f"{folder}/{spec.key}", ca_file, spec.verify, spec.timeout)


def _stream(tls: Tls | None) -> str:
    return "tls" if tls else "tcp"


def _web(tls: Tls | None) -> str:
    return "https" if tls else "http"
