"""All metrics together: as Prometheus reads them, and as docs/how-to/metrics.md describes them."""

from __future__ import annotations

import html
import re
import subprocess
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics

from natsop_core import kinds
from natsop_runtime.metrics import Metrics
from tests.testbed import prometheus
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.unit.natsop_runtime.metrics.exposed import families, used_metrics, value

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "how-to" / "metrics.md"
BASE_UNITS = {"seconds", "bytes"}


@pytest.fixture
def metrics() -> Metrics:
    return used_metrics()


def test_which_namespaces_are_served_is_told(metrics: Metrics) -> None:
    assert value(metrics, "natsop_namespace_served", namespace="prod") == 1
    assert value(metrics, "natsop_namespace_served", namespace="gone") == 0


def test_repairs_and_foreign_writes_are_counted_by_kind_from_zero(metrics: Metrics) -> None:
    metrics.repaired("Service")
    metrics.foreign_write("NatsCluster")
    for created in (*kinds.CREATED, *kinds.OPTIONAL):
        assert value(metrics, "natsop_repairs_total", kind=created.kind) == (created.kind == "Service")
    for written in (*kinds.CUSTOM, *kinds.CREATED):
        assert value(metrics, "natsop_foreign_writes_total", kind=written.kind) == (written.kind == "NatsCluster")


def test_the_lag_of_the_event_loop_is_a_histogram(metrics: Metrics) -> None:
    metrics.event_loop_lagged(0.3)
    assert value(metrics, "natsop_event_loop_lag_seconds_bucket", le="0.2") == 0
    assert value(metrics, "natsop_event_loop_lag_seconds_bucket", le="0.5") == 1


def test_a_lost_lease_shows(metrics: Metrics) -> None:
    assert value(metrics, "leader_election_master_status", name="nats-operator") == 1
    metrics.leading("nats-operator", is_leader=False)
    assert value(metrics, "leader_election_master_status", name="nats-operator") == 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0"),
        ("application/openmetrics-text;version=1.0.0;escaping=dots", "application/openmetrics-text; version=1.0.0"),
        ("text/plain;version=a.b;escaping=x", "text/plain; version=0.0.4"),
        ("application/openmetrics-text;version=", "application/openmetrics-text; version=1.0.0"),
        ("\xff;;,=", "text/plain; version=0.0.4"),
    ],
)
def test_every_client_gets_a_format_that_it_can_read(metrics: Metrics, accept: str, content_type: str) -> None:
    answered, text = metrics.exposition(accept)
    assert answered.startswith(content_type)
    assert "dots" not in answered
    assert b"controller_runtime_reconcile_total{" in text


def test_in_open_metrics_there_is_the_same(metrics: Metrics) -> None:
    _, text = metrics.exposition("application/openmetrics-text;version=1.0.0")
    found = {family.name: family for family in read_open_metrics(text.decode())}  # type: ignore[no-untyped-call]
    assert found.keys() == {family.name.replace("natsop_build_info", "natsop_build") for family in families(metrics)}
    assert [sample.value for sample in found["natsop_condition"].samples] == [1]


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
