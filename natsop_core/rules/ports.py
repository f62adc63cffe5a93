"""No two listeners of a server share a port."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core.rules.rule import Rule

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsClusterSpec


@dataclass(frozen=True, slots=True)
class _Listener:
    """A port, where in the spec it stands, its default, and when something listens on it, in CEL and in Python."""

    path: str
    default: int
    cel: str
    port: Callable[[NatsClusterSpec], int]
    listens: Callable[[NatsClusterSpec], bool]


def _enabled(listener: str, *, default: bool = False) -> str:
    return f"self.?config.?{listener}.?enabled.orValue({str(default).lower()})"


def _exporter_listens(spec: NatsClusterSpec) -> bool:
    return spec.prom_exporter.enabled and spec.config.monitor.enabled


_MONITORED: Final = _enabled("monitor", default=True)

_LISTENERS: Final = (
    _Listener("config.nats.port", 4222, "true", lambda spec: spec.config.nats.port, lambda _: True),
    _Listener(
        "config.cluster.port",
        6222,
        "self.replicas > 1",
        lambda spec: spec.config.cluster.port,
        lambda spec: spec.replicas > 1,
    ),
    _Listener(
        "config.leafnodes.port",
        7422,
        _enabled("leafnodes"),
        lambda spec: spec.config.leafnodes.port,
        lambda spec: spec.config.leafnodes.enabled,
    ),
    _Listener(
        "config.websocket.port",
        8080,
        _enabled("websocket"),
        lambda spec: spec.config.websocket.port,
        lambda spec: spec.config.websocket.enabled,
    ),
    _Listener(
        "config.mqtt.port",
        1883,
        _enabled("mqtt"),
        lambda spec: spec.config.mqtt.port,
        lambda spec: spec.config.mqtt.enabled,
    ),
    _Listener(
        "config.gateway.port",
        7222,
        _enabled("gateway"),
        lambda spec: spec.config.gateway.port,
        lambda spec: spec.config.gateway.enabled,
    ),
    _Listener(
        "config.monitor.port",
        8222,
        _MONITORED,
        lambda spec: spec.config.monitor.port,
        lambda spec: spec.config.monitor.enabled,
    ),
    _Listener(
        "config.profiling.port",
        65432,
        _enabled("profiling"),
        lambda spec: spec.config.profiling.port,
        lambda spec: spec.config.profiling.enabled,
    ),
    _Listener(
        "promExporter.port",
        7777,
        f"self.?promExporter.?enabled.orValue(false) && {_MONITORED}",
        lambda spec: spec.prom_exporter.port,
        _exporter_listens,
    ),
)


def _cel(listener: _Listener) -> str:
    """The port, or 0 while nothing listens. A product reads the port in any case, where a conditional might not."""
    path = "self.?" + listener.path.replace(".", ".?")
    return f"{path}.orValue({listener.default}) * ({listener.cel} ? 1 : 0)"


def _ports_differ(spec: NatsClusterSpec) -> bool:
    ports = [listener.port(spec) for listener in _LISTENERS if listener.listens(spec)]
    return len(ports) == len(set(ports))


PORTS_DIFFER: Final = Rule(
    name="ports-differ",
    at="spec",
    cel=(
        f"[[{', '.join(_cel(listener) for listener in _LISTENERS)}]]"
        ".all(ports, ports.all(port, port == 0 || ports.exists_one(other, other == port)))"
    ),
    message="the listeners in config need different ports",
    holds=_ports_differ,
    integers=("replicas", *(listener.path for listener in _LISTENERS)),
)
