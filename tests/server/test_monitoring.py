"""Every query of the dashboards and the alerts, against real servers, their exporters and the real Prometheus."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import nats.errors
import pytest

from tests.generate import alerts, dashboards
from tests.server.monitored import NAMESPACE, OPERATORS_JOB, Monitored, Programs, make_stream, monitored
from tests.testbed import parts, prometheus
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.wait import wait_until

DASHBOARDS: Final = {file.stem: json.loads(file.read_text()) for file in sorted(dashboards.FOLDER.glob("*.json"))}
RULES: Final = {rule["alert"]: rule["expr"] for rule in alerts.rules()}

TROUBLE: Final = {
    "NatsClusterUnavailable",
    "NatsResourceStalled",
    "NatsResourceDegraded",
    "NatsResourceNotReady",
    "NatsConfigurationNotLoaded",
    "NatsClusterDeletionBlocked",
    "NatsExpiringSoon",
    "NatsExpiringToday",
}
"""What is true of the custom resources on the operator's page; the servers are well."""

WITHOUT_A_MAJORITY: Final = {"NatsServerDown", "NatsJetStreamNoMetaLeader", "NatsJetStreamStreamNoLeader"}

METRIC: Final = re.compile(
    r"\b(?:up|ALERTS|(?:nats|natsop|process|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+)\b"
)
LABELS: Final = re.compile(r"\b(?:by|on|ignoring) \(([^)]*)\)")
MATCHERS: Final = re.compile(r"(\w+)\{([^}]*)\}")


@pytest.fixture(scope="module")
def world(newest: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitored]:
    """All of it, with a stream."""
    try:
        exporter = parts.binaries(parts.EXPORTER)["prometheus-nats-exporter"]
        programs = Programs(newest, exporter, prometheus.PROGRAMS.file("prometheus"))
    except CannotRunError as error:
        cannot_run(str(error))
    with monitored(programs, tmp_path_factory.mktemp("monitored")) as world:
        wait_until(lambda: has_a_stream(world), timeout=30, what="the stream is there", interval=0.5)
        yield world


def has_a_stream(world: Monitored) -> bool:
    """Make it; a failed assertion while the servers are not ready for it."""
    try:
        asyncio.run(make_stream(world.client_url))
    except (OSError, nats.errors.Error) as error:
        raise AssertionError(f"no stream yet: {error!r}") from error
    return True


def queries(dashboard: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Titles and queries of its panels."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_every_panel_shows_data(world: Monitored, dashboard: str) -> None:
    def all_have_data() -> bool:
        empty = [(title, query) for title, query in queries(DASHBOARDS[dashboard]) if not world.ask(query)]
        assert empty == []
        return True

    wait_until(all_have_data, timeout=40, what="every panel has data", interval=1)


def test_what_the_variables_of_a_dashboard_choose_from_exists(world: Monitored) -> None:
    for dashboard in DASHBOARDS.values():
        for variable in dashboard["templating"]["list"][1:]:
            metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()  # type: ignore[union-attr]
            assert label in {each for series in world.ask(metric) for each in series["metric"]}, variable


KUBEBUILDER: Final = (
    "controller_runtime_active_workers{%}",
    "sum(rate(controller_runtime_reconcile_total{%}[5m])) by (instance, pod)",
    "sum(rate(controller_runtime_reconcile_errors_total{%}[5m])) by (instance, pod)",
    "workqueue_depth{%}",
    "histogram_quantile(0.99, sum(rate(workqueue_queue_duration_seconds_bucket{%}[5m])) by (instance, name, le))",
    "sum(rate(workqueue_adds_total{%}[5m])) by (instance, name)",
    "rate(workqueue_unfinished_work_seconds{%}[5m])",
    "histogram_quantile(0.99, sum(rate(workqueue_work_duration_seconds_bucket{%}[5m])) by (instance, name, le))",
    "sum(rate(workqueue_retries_total{%}[5m])) by (instance, name)",
)
"""The queries of the dashboard that kubebuilder's plugin grafana/v1-alpha makes (controller-runtime-metrics.json).

%: the matchers of job and namespace, which the dashboard lets people choose.
"""


def test_a_ready_dashboard_for_controller_runtime_shows_each_kind(world: Monitored) -> None:
    def all_have_data() -> bool:
        for query in KUBEBUILDER:
            found = world.ask(query.replace("%", f'job="{OPERATORS_JOB}", namespace="{NAMESPACE}"'))
            assert found, query
            assert not any(series["value"][1] == "NaN" for series in found), query
            labels = {series["metric"].get("controller", series["metric"].get("name")) for series in found}
            assert labels in ({"natscluster", "natsbox"}, {None}), query  # None: summed over the controllers
        return True

    wait_until(all_have_data, timeout=40, what="every panel has data", interval=1)


EXPRESSIONS: Final = [*RULES.values(), *(query for each in DASHBOARDS.values() for _, query in queries(each))]


def test_every_metric_and_label_that_a_query_names_exists(world: Monitored) -> None:
    """Also where a query is empty as long as all is well, or counts what is not there as 0."""

    metrics = {metric for each in EXPRESSIONS for metric in METRIC.findall(each)}

    def all_exist() -> bool:
        assert {metric for metric in metrics if not world.labels_of(metric)} == set()
        return True

    wait_until(all_exist, timeout=40, what="every metric exists", interval=1)
    labels = {metric: world.labels_of(metric) for metric in metrics}
    for expression in EXPRESSIONS:
        known = {label for metric in METRIC.findall(expression) for label in labels[metric]}
        named = {label.strip() for labels in LABELS.findall(expression) for label in labels.split(",")} - {""}
        assert named <= known | {"le"}, expression
        for metric, matchers in MATCHERS.findall(expression):
            assert set(re.findall(r"(\w+)(?:=|!)", matchers)) <= labels[metric], (metric, expression)


def firing(world: Monitored) -> set[str]:
    """The alerts that would fire if their condition lasted."""
    return {alert for alert, expression in RULES.items() if world.ask(expression)}


def test_no_alert_fires_for_servers_that_are_well(world: Monitored) -> None:
    wait_until(
        lambda: firing(world) == TROUBLE, timeout=40, what="what is wrong is known, and nothing else", interval=1
    )


def test_alerts_tell_when_most_servers_are_down_and_end_when_they_are_back(world: Monitored) -> None:
    lost = list(world.servers.values())[1:]
    for server in lost:
        server.stop(grace=0)
    wait_until(lambda: firing(world) >= WITHOUT_A_MAJORITY, timeout=60, what="the alerts fire", interval=1)
    for server in lost:
        server.start()
    wait_until(lambda: not firing(world) & WITHOUT_A_MAJORITY, timeout=60, what="the alerts end", interval=1)
