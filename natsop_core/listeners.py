"""The table of all ports of a pod: field in the spec, default, Service, protocol and block of nats.conf of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.api.listeners import TlsSpec
    from natsop_core.api.natscluster import NatsClusterSpec
    from natsop_core.api.workload import ServicePortSpec


@frozen
class PortRow:
    """A port that a container of the pod may listen on.

    name: name of the port in pods and Services. path: path of its settings in the spec. listens, listens_cel: whether a
    container listens on it, in Python and in CEL.
    """

    name: str
    path: str
    default: int
    port: Callable[[NatsClusterSpec], int]
    listens: Callable[[NatsClusterSpec], bool]
    listens_cel: str
    is_web: bool = False

    @property
    def field(self) -> str:
        """The field with the port number."""
        return f"{self.path}.port"


@frozen
class ListenerRow(PortRow):
    """A port of nats-server.

    service_port: the setting for this port of the client Service; None if the Service never has it. is_public: whether
    the Service has it by default. tls: the TLS settings of the listener; None if it has none. block: its block in
    nats.conf; empty for top-level options. exporter_flag: the exporter's flag for its metrics.
    """

    service_port: Callable[[NatsClusterSpec], ServicePortSpec] | None = None
    is_public: bool = True
    tls: Callable[[NatsClusterSpec], TlsSpec] | None = None
    block: str = ""
    exporter_flag: str = ""

    def is_published(self, spec: NatsClusterSpec) -> bool:
        """Whether the client Service should have the port, even if nothing listens on it."""
        if self.service_port is None:
            return False
        wanted = self.service_port(spec).enabled
        return self.is_public if wanted is None else wanted


def _enabled(path: str, *, default: bool = False) -> str:
    return f"self.?{path.replace('.', '.?')}.?enabled.orValue({str(default).lower()})"


_MONITORED: Final = _enabled("config.monitor", default=True)

LISTENERS: Final = (
    ListenerRow(
        name=names.CLIENT_PORT,
        path="config.nats",
        default=4222,
        port=lambda spec: spec.config.nats.port,
        listens=lambda _: True,
        listens_cel="true",
        service_port=lambda spec: spec.service.ports.nats,
        tls=lambda spec: spec.config.nats.tls,
    ),
    ListenerRow(
        name=names.ROUTES_PORT,
        path="config.cluster",
        default=6222,
        port=lambda spec: spec.config.cluster.port,
        listens=lambda spec: spec.replicas > 1,
        listens_cel="self.replicas > 1",
        tls=lambda spec: spec.config.cluster.tls,
        block="cluster",
    ),
    ListenerRow(
        name=names.MONITOR_PORT,
        path="config.monitor",
        default=8222,
        port=lambda spec: spec.config.monitor.port,
        listens=lambda spec: spec.config.monitor.enabled,
        listens_cel=_MONITORED,
        is_web=True,
        service_port=lambda spec: spec.service.ports.monitor,
        is_public=False,
    ),
    ListenerRow(
        name=names.LEAFNODES_PORT,
        path="config.leafnodes",
        default=7422,
        port=lambda spec: spec.config.leafnodes.port,
        listens=lambda spec: spec.config.leafnodes.enabled,
        listens_cel=_enabled("config.leafnodes"),
        service_port=lambda spec: spec.service.ports.leafnodes,
        tls=lambda spec: spec.config.leafnodes.tls,
        block="leafnodes",
        exporter_flag="-leafz",
    ),
    ListenerRow(
        name=names.WEBSOCKET_PORT,
        path="config.websocket",
        default=8080,
        port=lambda spec: spec.config.websocket.port,
        listens=lambda spec: spec.config.websocket.enabled,
        listens_cel=_enabled("config.websocket"),
        is_web=True,
        service_port=lambda spec: spec.service.ports.websocket,
        tls=lambda spec: spec.config.websocket.tls,
        block="websocket",
    ),
    ListenerRow(
        name=names.MQTT_PORT,
        path="config.mqtt",
        default=1883,
        port=lambda spec: spec.config.mqtt.port,
        listens=lambda spec: spec.config.mqtt.enabled,
        listens_cel=_enabled("config.mqtt"),
        service_port=lambda spec: spec.service.ports.mqtt,
        tls=lambda spec: spec.config.mqtt.tls,
        block="mqtt",
    ),
    ListenerRow(
        name=names.GATEWAY_PORT,
        path="config.gateway",
        default=7222,
        port=lambda spec: spec.config.gateway.port,
        listens=lambda spec: spec.config.gateway.enabled,
        listens_cel=_enabled("config.gateway"),
        service_port=lambda spec: spec.service.ports.gateway,
        tls=lambda spec: spec.config.gateway.tls,
        block="gateway",
        exporter_flag="-gatewayz",
    ),
    ListenerRow(
        name=names.PROFILING_PORT,
        path="config.profiling",
        default=65432,
        port=lambda spec: spec.config.profiling.port,
        listens=lambda spec: spec.config.profiling.enabled,
        listens_cel=_enabled("config.profiling"),
        is_web=True,
    ),
)
"""The listeners of nats-server, in the order in which ports are shown."""

METRICS: Final = PortRow(
    name=names.METRICS_PORT,
    path="promExporter",
    default=7777,
    port=lambda spec: spec.prom_exporter.port,
    listens=lambda spec: spec.prom_exporter.enabled and spec.config.monitor.enabled,
    listens_cel=f"{_enabled('promExporter')} && {_MONITORED}",
    is_web=True,
)
"""The port of the exporter."""

PORTS: Final = (*LISTENERS, METRICS)
