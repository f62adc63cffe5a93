"""Finds the ports that a server with a configuration listens on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from natsop_core.conf.values import Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.conf.values import Value

_DEFAULT_CLIENT_PORT: Final = 4222
_OPTIONS: Final = {
    "nats": (("port",), ("listen",)),
    "monitor": (("http_port",), ("http",), ("https_port",), ("https",)),
    "profiling": (("prof_port",),),
    **{
        block: ((block, "port"), (block, "listen"))
        for block in ("cluster", "leafnodes", "websocket", "mqtt", "gateway")
    },
}
"""The options that set the port, by listener. Ports that are set twice with different values are rejected before (see
`faults`)."""

_SECURE: Final = (("https_port",), ("https",))


def ports(config: EffectiveConfig) -> dict[str, int | None]:
    """The port of each enabled listener; None if it depends on an unknown variable."""
    found = {listener: port for listener in _OPTIONS for port in _ports(config, _OPTIONS[listener])}
    return {"nats": _DEFAULT_CLIENT_PORT} | found


def has_secure_monitor(config: EffectiveConfig) -> bool:
    """Whether the monitor uses HTTPS."""
    return any(config.find(*path) is not None for path in _SECURE)


def port_of(value: Value) -> int | None:
    """The port in `4222` or `"0.0.0.0:4222"`; None for any other value."""
    match value:
        case bool():
            return None
        case int():
            return value
        case str():
            found = re.search(r":(-?\d{1,5})\Z", value)
            return int(found[1]) if found else None
        case _:
            return None


def _ports(config: EffectiveConfig, paths: tuple[tuple[str, ...], ...]) -> Iterator[int | None]:
    """At most one port. The value 0 means off, or the default."""
    for path in paths:
        value = config.find(*path)
        if value is not None and port_of(value) != 0:
            yield port_of(value)
            return
        if isinstance(config.find(path[0]), Variable):
            yield None
            return
