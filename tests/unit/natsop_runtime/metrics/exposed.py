"""What Prometheus reads of metrics."""

from __future__ import annotations

import json

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from natsop_core.kinds import BOXES, CLUSTERS
from natsop_runtime.metrics import Metrics
from natsop_runtime.metrics.controllers import ReconcileResult

CLUSTER = CLUSTERS.key("prod", "a")
BOX = BOXES.key("prod", "b")


def families(metrics: Metrics) -> list[Metric]:
    """What Prometheus makes of the text."""
    return list(text_string_to_metric_families(metrics.exposition("")[1].decode()))


def value(metrics: Metrics, series: str, /, **labels: str) -> float | None:
    """The value of a series, or None when it is not there."""
    samples = [sample for family in families(metrics) for sample in family.samples]
    found = [sample.value for sample in samples if sample.name == series and sample.labels == labels]
    assert len(found) <= 1
    return found[0] if found else None


def with_status(**conditions: str) -> bytes:
    """The JSON of a custom resource with these conditions."""
    listed = [{"type": kind, "status": status} for kind, status in conditions.items()]
    return json.dumps({"status": {"conditions": listed, "nextExpiry": "2026-01-02T03:04:05Z"}}).encode()


def used_metrics() -> Metrics:
    """Metrics of which each has a series."""
    metrics = Metrics("1.2.3")
    metrics.requests.to("10.96.0.1:443")("PATCH", "200", 0.02)
    metrics.controllers.reconciled(CLUSTER, ReconcileResult.SUCCESS, 0.02)
    metrics.custom_resources.changed(CLUSTER, with_status(Ready="True"))
    metrics.watches.read_silence(lambda: {"pods": 5.0})
    metrics.read_served_namespaces(lambda: {"prod": True, "gone": False})
    metrics.leading("nats-operator", is_leader=True)
    return metrics
