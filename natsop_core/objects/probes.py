"""The probes of the nats container, with the timings of the NATS Helm chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import Probe
    from natsop_core.resolve.types import Cluster

RUNS_JETSTREAM: Final = "/healthz?js-enabled-only=true"
ACCEPTS_CONNECTIONS: Final = "/healthz?js-server-only=true"
"""Before a first quorum this is all that a server can say of itself, so readiness must not ask for more."""


def startup_probe(cluster: Cluster) -> Probe:
    """Fifteen minutes: a server that recovers large streams must not be killed while it does."""
    return _probe(cluster, RUNS_JETSTREAM, period=10, failures=90)


def readiness_probe(cluster: Cluster) -> Probe:
    return _probe(cluster, ACCEPTS_CONNECTIONS, period=10, failures=3)


def liveness_probe(cluster: Cluster) -> Probe:
    return _probe(cluster, RUNS_JETSTREAM, period=30, failures=3)


def _probe(cluster: Cluster, path: str, *, period: int, failures: int) -> Probe:
    timings: Probe = {
        "initialDelaySeconds": 10,
        "timeoutSeconds": 5,
        "periodSeconds": period,
        "successThreshold": 1,
        "failureThreshold": failures,
    }
    if cluster.port(names.MONITOR_PORT) is None:
        return {"tcpSocket": {"port": names.CLIENT_PORT}, **timings}
    return {"httpGet": {"path": path, "port": names.MONITOR_PORT, "scheme": "HTTP"}, **timings}
