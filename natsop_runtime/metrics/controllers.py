"""Metrics of reconciliations and of the work queue, with controller-runtime's names, labels and buckets.

Source: controller-runtime v0.22, pkg/internal/controller/metrics/metrics.go and pkg/internal/metrics/workqueue.go. As
there, a controller has its kind's name in lower case, and so has its queue. Here all kinds share one queue and its
workers, so that controller_runtime_max_concurrent_reconciles is the same number for each.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import partial
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, Any, Final, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from natsop_core import kinds
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey

RECONCILE_SECONDS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    *(1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60),
)
QUEUE_SECONDS: Final = tuple(accumulate(repeat(10, 11), operator.mul, initial=10e-9))
"""From 10 ns to 1000 s, with the rounding errors of Go's `prometheus.ExponentialBuckets(10e-9, 10, 12)`."""

M = TypeVar("M")

InProgress = Callable[[], Iterable[tuple["ObjectKey", float]]]
"""Which custom resources the workers reconcile now, and for how many seconds they have done so."""


class ReconcileResult(StrEnum):
    """How a reconciliation ended, in controller-runtime's words."""

    SUCCESS = "success"
    ERROR = "error"
    REQUEUE = "requeue"
    REQUEUE_AFTER = "requeue_after"


def controller_name(kind: str) -> str:
    """The name of the controller of a kind."""
    return kind.lower()


CONTROLLERS: Final = tuple(controller_name(each.kind) for each in kinds.CUSTOM)


class _WorkInProgress(Collector):
    """For how long the workers have had what they reconcile now, read at each scrape."""

    def __init__(self) -> None:
        self.read: InProgress = tuple

    def collect(self) -> Iterator[GaugeMetricFamily]:
        labels = ("name", "controller")
        unfinished = GaugeMetricFamily(
            "workqueue_unfinished_work_seconds",
            "How many seconds the reconciliations in progress have taken so far, in sum.",
            labels=labels,
        )
        longest = GaugeMetricFamily(
            "workqueue_longest_running_processor_seconds",
            "How many seconds the longest reconciliation in progress has taken so far.",
            labels=labels,
        )
        taken: dict[str, list[float]] = {name: [] for name in CONTROLLERS}
        for key, seconds in self.read():
            taken[controller_name(key.kind)].append(seconds)
        for name, each in taken.items():
            unfinished.add_metric((name, name), sum(each))
            longest.add_metric((name, name), max(each, default=0.0))
        yield unfinished
        yield longest


class ControllerMetrics:
    """Counts what the work queue and its workers do: an `Observer` of `WorkQueue`."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._by_name = _of_each_controller(registry)
        self._in_progress = _WorkInProgress()
        registry.register(self._in_progress)

    def workers(self, number: int) -> None:
        """Take in how many workers there are."""
        for each in self._by_name.values():
            each.workers.set(number)

    def read_in_progress(self, in_progress: InProgress) -> None:
        """From where to read at each scrape what is being reconciled."""
        self._in_progress.read = in_progress

    def added(self, key: ObjectKey) -> None:
        """A key was put into the queue."""
        of_kind = self._of(key)
        of_kind.adds.inc()
        of_kind.depth.inc()

    def taken(self, key: ObjectKey, waited: float) -> None:
        """A worker took a key, which had waited for so many seconds."""
        of_kind = self._of(key)
        of_kind.depth.dec()
        of_kind.active.inc()
        of_kind.waits.observe(waited)

    def finished(self, key: ObjectKey, seconds: float) -> None:
        """The worker is done with the key, after so many seconds."""
        of_kind = self._of(key)
        of_kind.active.dec()
        of_kind.work.observe(seconds)

    def retried(self, key: ObjectKey) -> None:
        """A key is to be tried again."""
        self._of(key).retries.inc()

    def reconciled(self, key: ObjectKey, result: ReconcileResult, seconds: float) -> None:
        """Count a reconciliation and how long it took."""
        of_kind = self._of(key)
        of_kind.results[result].inc()
        of_kind.durations.observe(seconds)
        if result is ReconcileResult.ERROR:
            of_kind.errors.inc()

    def panicked(self, key: ObjectKey) -> None:
        """Count a reconciliation that ended with an error nobody foresaw."""
        self._of(key).panics.inc()

    def _of(self, key: ObjectKey) -> _Controller:
        return self._by_name[controller_name(key.kind)]


@frozen
class _Controller:
    """The series of one controller. To find them by their labels each time costs more than to count."""

    results: Mapping[ReconcileResult, Counter]
    errors: Counter
    panics: Counter
    durations: Histogram
    workers: Gauge
    active: Gauge
    depth: Gauge
    adds: Counter
    retries: Counter
    waits: Histogram
    work: Histogram


def _of_each_controller(registry: CollectorRegistry) -> dict[str, _Controller]:
    """Define the metrics, with all their series."""
    results = Counter(
        "controller_runtime_reconcile",
        "Reconciliations by their result. With requeue_after, a custom resource waits for something, such as a pod.",
        ("controller", "result"),
        registry=registry,
    )
    reconciliations, queue = _reconciliations(registry), _queue(registry)
    return {
        name: _Controller(
            results={result: results.labels(name, result.value) for result in ReconcileResult},
            **{field: metric.labels(name) for field, metric in reconciliations.items()},
            **{field: metric.labels(name, name) for field, metric in queue.items()},
        )
        for name in CONTROLLERS
    }


def _reconciliations(registry: CollectorRegistry) -> dict[str, Any]:
    """By the field of `_Controller`."""
    define = partial(_define, "controller_runtime", ("controller",), registry)
    return {
        "errors": define(Counter, "reconcile_errors", "Reconciliations that failed and are tried again."),
        "panics": define(Counter, "reconcile_panics", "Reconciliations that ended with an unforeseen error: a bug."),
        "durations": define(
            Histogram, "reconcile_time_seconds", "How long reconciliations take.", buckets=RECONCILE_SECONDS
        ),
        "workers": define(Gauge, "max_concurrent_reconciles", "Workers. All controllers share them."),
        "active": define(Gauge, "active_workers", "Workers that reconcile a custom resource now."),
    }


def _queue(registry: CollectorRegistry) -> dict[str, Any]:
    """By the field of `_Controller`."""
    define = partial(_define, "workqueue", ("name", "controller"), registry)
    return {
        "depth": define(Gauge, "depth", "Custom resources that wait in the work queue now."),
        "adds": define(Counter, "adds", "Custom resources that were put into the work queue."),
        "retries": define(
            Counter, "retries", "Custom resources that were put back into the work queue after a failure."
        ),
        "waits": define(
            Histogram,
            "queue_duration_seconds",
            "How long custom resources wait in the work queue for a worker.",
            buckets=QUEUE_SECONDS,
        ),
        "work": define(
            Histogram,
            "work_duration_seconds",
            "How long a worker takes for a custom resource from the work queue.",
            buckets=QUEUE_SECONDS,
        ),
    }


def _define(
    prefix: str,
    labels: tuple[str, ...],
    registry: CollectorRegistry,
    metric: Callable[..., M],
    name: str,
    documentation: str,
    **more: Any,
) -> M:
    return metric(f"{prefix}_{name}", documentation, labels, registry=registry, **more)
