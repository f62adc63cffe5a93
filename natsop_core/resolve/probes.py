"""Resolves the probes of the nats container: those of the NATS Helm chart, with the user's overrides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from natsop_core import names
from natsop_core.resolve.types import Probes

if TYPE_CHECKING:
    from natsop_core.api.pods import ContainerSpec
    from natsop_core.kubernetes.types import Probe
    from natsop_core.resolve.types import Listener

RUNS_JETSTREAM: Final = "/healthz?js-enabled-only=true"
ACCEPTS_CONNECTIONS: Final = "/healthz?js-server-only=true"
"""Before the first quorum, a server can only report this, so the readiness probe must not ask for more."""

_HANDLERS: Final = frozenset(("exec", "grpc", "httpGet", "tcpSocket"))


def resolve_probes(container: ContainerSpec, monitor: Listener | None) -> Probes:
    """The probes; on the client port if there is no monitor. Startup may take 15 minutes, for stream recovery."""
    return Probes(
        startup=_merged(_probe(monitor, RUNS_JETSTREAM, period=10, failures=90), container.startup_probe),
        readiness=_merged(_probe(monitor, ACCEPTS_CONNECTIONS, period=10, failures=3), container.readiness_probe),
        liveness=_merged(_probe(monitor, RUNS_JETSTREAM, period=30, failures=3), container.liveness_probe),
    )


def _probe(monitor: Listener | None, path: str, *, period: int, failures: int) -> Probe:
    timings: Probe = {
        "initialDelaySeconds": 10,
        "timeoutSeconds": 5,
        "periodSeconds": period,
        "successThreshold": 1,
        "failureThreshold": failures,
    }
    if monitor is None:
        return {"tcpSocket": {"port": names.CLIENT_PORT}, **timings}
    scheme: Any = "HTTPS" if monitor.tls else "HTTP"
    return {"httpGet": {"path": path, "port": names.MONITOR_PORT, "scheme": scheme}, **timings}


def _merged(default: Probe, user: Mapping[str, Any] | None) -> Probe:
    """The default with the user's fields. A handler of the user replaces the default one: a probe has exactly one."""
    if user is None:
        return default
    kept = {key: value for key, value in default.items() if key not in _HANDLERS or not _HANDLERS & user.keys()}
    return cast("Probe", {**kept, **user})
