"""The metrics, as Prometheus reads them and as docs/how-to/metrics.md describes them."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from natsop_runtime.metrics import Metrics
from tests.testbed import prometheus
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "how-to" / "metrics.md"
BASE_UNITS = {"seconds", "bytes"}


def families(metrics: Metrics) -> list[Metric]:
    """What Prometheus makes of the text."""
    return list(text_string_to_metric_families(metrics.exposition("")[1].decode()))


def value(metrics: Metrics, series: str, /, **labels: str) -> float | None:
    """The value of a series, or None when it is not there."""
    samples = [sample for family in families(metrics) for sample in family.samples]
    found = [sample.value for sample in samples if sample.name == series and sample.labels == labels]
    assert len(found) <= 1
    return found[0] if found else None


def custom_resource(name: str, **conditions: str) -> dict[str, Any]:
    """A NatsCluster of "prod" with a status."""
    listed = [{"type": kind, "status": status} for kind, status in conditions.items()]
    status = {"conditions": listed, "nextExpiry": "2026-01-02T03:04:05Z"}
    return {"kind": "NatsCluster", "metadata": {"namespace": "prod", "name": name}, "status": status}


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of which each has been used."""
    metrics = Metrics("1.2.3")
    metrics.request("PATCH", "services", "200")
    metrics.reconciled("NatsCluster", "success", 0.02)
    metrics.reconciled("NatsCluster", "error", 0.5)
    metrics.repaired("Service")
    metrics.watch_restarted("pods")
    metrics.queue_added()
    metrics.queue_waited(0.003)
    metrics.queue_retried()
    metrics.read_queue(depth=lambda: 3, unfinished=lambda: 2.5, longest=lambda: 2.0)
    metrics.read_custom_resources(lambda: [custom_resource("a", Ready="True")])
    metrics.read_served_namespaces(lambda: {"prod": True, "gone": False})
    metrics.leading("nats-operator", is_leader=True)
    return metrics


def test_which_namespaces_are_served_is_told(metrics: Metrics) -> None:
    assert value(metrics, "natsop_namespace_served", namespace="prod") == 1
    assert value(metrics, "natsop_namespace_served", namespace="gone") == 0


def test_what_the_loop_reports_is_counted(metrics: Metrics) -> None:
    metrics.request("PATCH", "services", "200")
    metrics.reconciled("NatsCluster", "success", 0.03)
    assert value(metrics, "rest_client_requests_total", verb="PATCH", resource="services", code="200") == 2
    assert value(metrics, "natsop_reconcile_total", kind="NatsCluster", result="success") == 2
    assert value(metrics, "natsop_reconcile_total", kind="NatsCluster", result="error") == 1
    assert value(metrics, "natsop_reconcile_errors_total", kind="NatsCluster") == 1
    assert value(metrics, "natsop_reconcile_duration_seconds_count", kind="NatsCluster") == 3
    assert value(metrics, "natsop_reconcile_duration_seconds_sum", kind="NatsCluster") == 0.55
    assert value(metrics, "natsop_watch_restarts_total", resource="pods") == 1
    assert value(metrics, "natsop_repairs_total", kind="Service") == 1
    assert value(metrics, "workqueue_adds_total") == 1
    assert value(metrics, "workqueue_retries_total") == 1
    assert value(metrics, "workqueue_queue_duration_seconds_sum") == 0.003
    assert value(metrics, "natsop_build_info", version="1.2.3") == 1


def test_the_state_of_the_queue_is_read_when_somebody_asks(metrics: Metrics) -> None:
    waiting = [1, 2, 3, 4]
    metrics.read_queue(depth=lambda: len(waiting), unfinished=lambda: 7.5, longest=lambda: 6.0)
    assert value(metrics, "workqueue_depth") == 4
    assert value(metrics, "workqueue_unfinished_work_seconds") == 7.5
    assert value(metrics, "workqueue_longest_running_processor_seconds") == 6
    waiting.clear()
    assert value(metrics, "workqueue_depth") == 0


def test_a_lost_lease_shows(metrics: Metrics) -> None:
    assert value(metrics, "leader_election_master_status", name="nats-operator") == 1
    metrics.leading("nats-operator", is_leader=False)
    assert value(metrics, "leader_election_master_status", name="nats-operator") == 0


def test_conditions_are_those_that_custom_resources_have_now() -> None:
    metrics = Metrics("1")
    there = [custom_resource("a", Ready="True", Degraded="False"), custom_resource("b", Ready="Unknown")]
    metrics.read_custom_resources(lambda: there)
    a = {"kind": "NatsCluster", "namespace": "prod", "name": "a"}
    assert value(metrics, "natsop_condition", **a, type="Ready", status="True") == 1
    assert value(metrics, "natsop_condition", **a, type="Degraded", status="False") == 1
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 2
    assert value(metrics, "natsop_next_expiry_timestamp_seconds", **a) == 1767323045

    there[:] = [custom_resource("a", Ready="False")]
    assert value(metrics, "natsop_condition", **a, type="Ready", status="True") is None
    assert value(metrics, "natsop_condition", **a, type="Ready", status="False") == 1
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 1

    there.clear()
    assert not [sample for family in families(metrics) for sample in family.samples if "prod" in sample.labels.values()]


@pytest.mark.parametrize("status", [{}, {"status": {}}, {"status": None}, {"status": {"conditions": None}}])
def test_a_custom_resource_that_nobody_has_reported_on_is_counted_all_the_same(status: dict[str, Any]) -> None:
    metrics = Metrics("1")
    fresh = {"kind": "NatsBox", "metadata": {"namespace": "prod", "name": "b"}, **status}
    metrics.read_custom_resources(lambda: [fresh])
    assert value(metrics, "natsop_resources", kind="NatsBox") == 1


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0"),
        ("text/plain;version=a.b;escaping=x", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=", "application/openmetrics-text; version=1.0.0"),
        ("\xff;;,=", "text/plain; version=0.0.4"),
    ],
)
def test_every_client_gets_a_format_that_it_can_read(metrics: Metrics, accept: str, content_type: str) -> None:
    answered, text = metrics.exposition(accept)
    assert answered.startswith(content_type)
    assert b"natsop_reconcile_total{" in text


def test_names_follow_the_customs_of_prometheus(metrics: Metrics) -> None:
    for family in families(metrics):
        unit = family.name.rpartition("_")[2]
        assert re.fullmatch(r"[a-z][a-z_]*[a-z]", family.name)
        assert not family.name.endswith(("_total", "_count", "_sum", "_bucket"))  # which belong to samples
        assert unit not in {"milliseconds", "ms", "minutes", "kilobytes", "mb"}
        assert family.type != "histogram" or unit in BASE_UNITS
        assert family.documentation.endswith((".", "gc", "GC", "collected", "information"))  # the library's own lack it


def test_promtool_finds_nothing_to_improve(metrics: Metrics) -> None:
    try:
        promtool = prometheus.PROGRAMS.file("promtool")
    except CannotRunError as error:
        cannot_run(str(error))
    _, text = metrics.exposition("")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def table_row(family: Metric) -> str:
    """How the documentation describes the metric."""
    suffix = {"counter": "_total", "info": "_info"}.get(family.type, "")
    labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
    listed = ", ".join(f"`{label}`" for label in labels)
    return f"| `{family.name}{suffix}` | {family.type} | {listed} | {html.escape(family.documentation, quote=False)} |"


def test_the_documentation_lists_every_metric_and_no_other(metrics: Metrics) -> None:
    rows = sorted(table_row(family) for family in families(metrics))
    documented = [line for line in DOCUMENTATION.read_text().splitlines() if re.match(r"\| `[a-z_]+` \| \w+ \|", line)]
    assert documented == rows, "docs/how-to/metrics.md should say:\n" + "\n".join(rows)
