"""The two ports of the operator: metrics for Prometheus, probes for the kubelet."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from natsop_core.frozen import frozen
from natsop_runtime.serving.access import Access
from natsop_runtime.serving.certificates import from_folder, self_signed
from natsop_runtime.serving.listener import listening
from natsop_runtime.serving.pages import METRICS, metrics_pages, probe_pages

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    from natsop_runtime.metrics import Metrics
    from natsop_runtime.serving.access import Reviews
    from natsop_runtime.serving.pages import WhyNot
    from natsop_runtime.settings import RunSettings

log = logging.getLogger(__name__)


@frozen
class Ports:
    """The numbers of the open ports; None for one that is not open."""

    metrics: int | None = None
    probes: int | None = None


@asynccontextmanager
async def serving(
    settings: RunSettings,
    *,
    metrics: Metrics,
    reviews: Reviews,
    wedged: WhyNot,
    unready: WhyNot,
    clock: Callable[[], float],
) -> AsyncIterator[Ports]:
    """Serve until the context ends. Raises ListenError or CertificateError."""
    metrics_port = probes_port = None
    async with AsyncExitStack() as stack:
        if (address := settings.health_probe_bind_address) is not None:
            probes = probe_pages(wedged=wedged, unready=unready)
            probes_port = await stack.enter_async_context(listening(probes, address))
        if (address := settings.metrics_bind_address) is not None:
            access = tls = None
            if settings.metrics_secure:
                access, tls = Access(reviews, METRICS, clock), _tls(settings.metrics_cert_path)
                stack.callback(access.close)
            pages = metrics_pages(metrics, access, clock)
            metrics_port = await stack.enter_async_context(listening(pages, address, tls=tls))
        log.info("serving metrics at port %s, probes at port %s", metrics_port or "none", probes_port or "none")
        yield Ports(metrics_port, probes_port)


def _tls(certificates: Path | None) -> ssl.SSLContext:
    if certificates is not None:
        return from_folder(certificates)
    log.info("metrics are served with a self-signed certificate; --metrics-cert-path sets another one")
    return self_signed(socket.gethostname())
