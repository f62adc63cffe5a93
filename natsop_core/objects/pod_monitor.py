"""Builds the PodMonitor, with which the Prometheus operator finds the exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata
from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from natsop_core.resolve.types import Cluster


def build_pod_monitor(cluster: Cluster) -> dict[str, Any] | None:
    """The PodMonitor, or None if it is disabled."""
    monitor = cluster.pod_monitor
    if monitor is None:
        return None
    endpoint = {
        "port": names.METRICS_PORT,
        **({"interval": monitor.interval} if monitor.interval else {}),
        **({"scrapeTimeout": monitor.scrape_timeout} if monitor.scrape_timeout else {}),
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": cluster_metadata(cluster, names.pod_monitor(cluster.name), Extras(labels=monitor.labels)),
        "spec": {
            "selector": {"matchLabels": names.cluster_selector(cluster.name)},
            "podMetricsEndpoints": [endpoint],
        },
    }
