"""Metrics of reconciliations and of the work queue."""

from __future__ import annotations

import pytest

from natsop_runtime.metrics import Metrics
from natsop_runtime.metrics.controllers import ReconcileResult
from tests.unit.natsop_runtime.metrics.exposed import BOX, CLUSTER, value


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1")


@pytest.mark.parametrize("name", ["natscluster", "natsbox"])
def test_all_series_are_there_from_the_start(metrics: Metrics, name: str) -> None:
    for result in ("success", "error", "requeue", "requeue_after"):
        assert value(metrics, "controller_runtime_reconcile_total", controller=name, result=result) == 0
    for series in (
        "reconcile_errors_total",
        "reconcile_panics_total",
        "reconcile_time_seconds_count",
        "active_workers",
    ):
        assert value(metrics, f"controller_runtime_{series}", controller=name) == 0
    for series in (
        *("depth", "adds_total", "retries_total", "queue_duration_seconds_count", "work_duration_seconds_count"),
        *("unfinished_work_seconds", "longest_running_processor_seconds"),
    ):
        assert value(metrics, f"workqueue_{series}", name=name, controller=name) == 0


def test_reconciliations_are_counted_by_controller_and_result(metrics: Metrics) -> None:
    metrics.controllers.reconciled(CLUSTER, ReconcileResult.REQUEUE_AFTER, 0.02)
    metrics.controllers.reconciled(CLUSTER, ReconcileResult.ERROR, 0.5)
    metrics.controllers.panicked(CLUSTER)
    mine = {"controller": "natscluster"}
    assert value(metrics, "controller_runtime_reconcile_total", **mine, result="requeue_after") == 1
    assert value(metrics, "controller_runtime_reconcile_total", **mine, result="error") == 1
    assert value(metrics, "controller_runtime_reconcile_errors_total", **mine) == 1
    assert value(metrics, "controller_runtime_reconcile_panics_total", **mine) == 1
    assert value(metrics, "controller_runtime_reconcile_time_seconds_sum", **mine) == 0.52
    assert value(metrics, "controller_runtime_reconcile_errors_total", controller="natsbox") == 0


def test_the_way_of_a_key_through_the_queue_shows(metrics: Metrics) -> None:
    queue, controllers = {"name": "natscluster", "controller": "natscluster"}, metrics.controllers
    controllers.added(CLUSTER)
    assert value(metrics, "workqueue_adds_total", **queue) == 1
    assert value(metrics, "workqueue_depth", **queue) == 1
    controllers.taken(CLUSTER, 0.25)
    assert value(metrics, "workqueue_depth", **queue) == 0
    assert value(metrics, "controller_runtime_active_workers", controller="natscluster") == 1
    assert value(metrics, "workqueue_queue_duration_seconds_sum", **queue) == 0.25
    controllers.retried(CLUSTER)
    controllers.finished(CLUSTER, 0.5)
    assert value(metrics, "controller_runtime_active_workers", controller="natscluster") == 0
    assert value(metrics, "workqueue_work_duration_seconds_sum", **queue) == 0.5
    assert value(metrics, "workqueue_retries_total", **queue) == 1


def test_what_is_in_progress_is_read_at_each_scrape(metrics: Metrics) -> None:
    in_progress = [(CLUSTER, 6.0), (CLUSTER, 1.5), (BOX, 2.0)]
    metrics.controllers.read_in_progress(lambda: in_progress)
    queue = {"name": "natscluster", "controller": "natscluster"}
    assert value(metrics, "workqueue_unfinished_work_seconds", **queue) == 7.5
    assert value(metrics, "workqueue_longest_running_processor_seconds", **queue) == 6
    assert value(metrics, "workqueue_unfinished_work_seconds", name="natsbox", controller="natsbox") == 2
    in_progress.clear()
    assert value(metrics, "workqueue_longest_running_processor_seconds", **queue) == 0


def test_all_controllers_share_the_workers(metrics: Metrics) -> None:
    metrics.controllers.workers(10)
    for name in ("natscluster", "natsbox"):
        assert value(metrics, "controller_runtime_max_concurrent_reconciles", controller=name) == 10
