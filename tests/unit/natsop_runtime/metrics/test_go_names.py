"""Names, types, labels and buckets of controller-runtime v0.22 and client-go v0.34, as their sources have them.

pkg/internal/controller/metrics/metrics.go, pkg/internal/metrics/workqueue.go, pkg/metrics/client_go_adapter.go and
pkg/metrics/leaderelection.go of sigs.k8s.io/controller-runtime, and metrics/prometheus/restclient/metrics.go of
k8s.io/component-base.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.unit.natsop_runtime.metrics.exposed import families, used_metrics


class GoMetric(NamedTuple):
    """A metric as Go programs expose it; the bounds of buckets as they stand in the label."""

    type: str
    labels: set[str]
    buckets: str = ""


CONTROLLER = {"controller"}
QUEUE = {"name", "controller"}
EXPONENTIAL = "1e-08 1e-07 1e-06 9.999999999999999e-06 9.999999999999999e-05 0.001 0.01 0.1 1.0 10.0 100.0 1000.0"

GO: dict[str, GoMetric] = {
    "controller_runtime_reconcile": GoMetric("counter", {"controller", "result"}),
    "controller_runtime_reconcile_errors": GoMetric("counter", CONTROLLER),
    "controller_runtime_reconcile_panics": GoMetric("counter", CONTROLLER),
    "controller_runtime_reconcile_time_seconds": GoMetric(
        "histogram",
        CONTROLLER,
        "0.005 0.01 0.025 0.05 0.1 0.15 0.2 0.25 0.3 0.35 0.4 0.45 0.5 0.6 0.7 0.8 0.9 1.0 1.25 1.5 1.75 2.0 2.5 3.0"
        " 3.5 4.0 4.5 5.0 6.0 7.0 8.0 9.0 10.0 15.0 20.0 25.0 30.0 40.0 50.0 60.0",
    ),
    "controller_runtime_max_concurrent_reconciles": GoMetric("gauge", CONTROLLER),
    "controller_runtime_active_workers": GoMetric("gauge", CONTROLLER),
    "workqueue_depth": GoMetric("gauge", QUEUE),
    "workqueue_adds": GoMetric("counter", QUEUE),
    "workqueue_queue_duration_seconds": GoMetric("histogram", QUEUE, EXPONENTIAL),
    "workqueue_work_duration_seconds": GoMetric("histogram", QUEUE, EXPONENTIAL),
    "workqueue_unfinished_work_seconds": GoMetric("gauge", QUEUE),
    "workqueue_longest_running_processor_seconds": GoMetric("gauge", QUEUE),
    "workqueue_retries": GoMetric("counter", QUEUE),
    "rest_client_requests": GoMetric("counter", {"code", "method", "host"}),
    "rest_client_request_duration_seconds": GoMetric(
        "histogram", {"verb", "host"}, "0.005 0.025 0.1 0.25 0.5 1.0 2.0 4.0 8.0 15.0 30.0 60.0"
    ),
    "leader_election_master_status": GoMetric("gauge", {"name"}),
}


@pytest.mark.parametrize("name", GO)
def test_a_metric_is_as_go_programs_have_it(name: str) -> None:
    [family] = [family for family in families(used_metrics()) if family.name == name]
    go = GO[name]
    assert family.type == go.type
    assert {label for sample in family.samples for label in sample.labels} - {"le"} == go.labels
    bounds = dict.fromkeys(sample.labels["le"] for sample in family.samples if "le" in sample.labels)
    assert list(bounds) == ([*go.buckets.split(), "+Inf"] if go.buckets else [])


def test_no_other_metric_has_a_name_of_theirs() -> None:
    theirs = ("controller_runtime_", "workqueue_", "rest_client_", "leader_election_")
    assert {family.name for family in families(used_metrics()) if family.name.startswith(theirs)} == GO.keys()
