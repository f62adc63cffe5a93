"""The metrics of the operator. Their help texts are the documentation, too: docs/how-to/metrics.md lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from natsop_core import kinds
from natsop_core.times import moment

Object = dict[str, Any]

ERROR: Final = "error"
"""The result of a reconciliation that failed, and is tried again with backoff."""

RECONCILE_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
QUEUE_SECONDS: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 60.0)

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for


class _CustomResources(Collector):
    """Conditions and numbers of custom resources, as they are when they are asked for: nothing to keep up, or to leak.

    Only the series of a condition's present status is there, so that three times as many need not be written out.
    """

    def __init__(self) -> None:
        self.read: Callable[[], Iterable[Object]] = tuple

    def collect(self) -> Iterator[GaugeMetricFamily]:
        conditions = GaugeMetricFamily(
            "natsop_condition",
            "1 for the status that a condition of a custom resource has now.",
            labels=("kind", "namespace", "name", "type", "status"),
        )
        expiries = GaugeMetricFamily(
            "natsop_next_expiry_timestamp_seconds",
            "When the first of the certificates, CAs, JWTs and credentials of a custom resource expires, as Unix time.",
            labels=("kind", "namespace", "name"),
        )
        numbers: dict[str, int] = {}
        for obj in self.read():
            kind, metadata = obj["kind"], obj["metadata"]
            numbers[kind] = numbers.get(kind, 0) + 1
            status = obj.get("status") or {}
            if next_expiry := moment(status.get("nextExpiry")):
                expiries.add_metric((kind, metadata["namespace"], metadata["name"]), next_expiry.timestamp())
            for condition in status.get("conditions") or ():
                labels = kind, metadata["namespace"], metadata["name"], condition["type"], condition["status"]
                conditions.add_metric(labels, 1)
        resources = GaugeMetricFamily("natsop_resources", "Custom resources that there are now.", labels=("kind",))
        for kind, number in numbers.items():
            resources.add_metric((kind,), number)
        yield conditions
        yield expiries
        yield resources


class _Namespaces(Collector):
    """Whether each namespace that the operator is limited to is served, as it is when that is asked for."""

    def __init__(self) -> None:
        self.read: Callable[[], Mapping[str, bool]] = dict

    def collect(self) -> Iterator[GaugeMetricFamily]:
        served = GaugeMetricFamily(
            "natsop_namespace_served",
            "1 where all that is in a namespace of --namespaces is watched, else 0.",
            labels=("namespace",),
        )
        for namespace, is_served in self.read().items():
            served.add_metric((namespace,), is_served)
        yield served


class Metrics:
    """The operator's metrics, in a registry of their own. What the loop calls for every request costs about 1 µs."""

    def __init__(self, version: str) -> None:
        self._registry = CollectorRegistry()
        self._custom_resources = _CustomResources()
        self._registry.register(self._custom_resources)
        self._namespaces = _Namespaces()
        self._registry.register(self._namespaces)
        self._define_work()
        self._define_queue()
        self._leading = Gauge(
            "leader_election_master_status",
            "1 while this process holds the lease of that name, else 0.",
            ("name",),
            registry=self._registry,
        )
        build = Info("natsop_build", "The operator's version.", registry=self._registry)
        build.info({"version": version})
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def _define_work(self) -> None:  # children by their labels are cached: to find one costs more than to count
        self._requests = cache(
            self._counter(
                "rest_client_requests",
                "Requests to the API server, by HTTP status code, or <error> where there was no answer.",
                "verb",
                "resource",
                "code",
            ).labels
        )
        self._restarts = cache(
            self._counter(
                "natsop_watch_restarts", "Watches that failed, or ended early, and were taken up again.", "resource"
            ).labels
        )
        self._repairs = cache(
            self._counter("natsop_repairs", "Objects that others had changed, and that were put back.", "kind").labels
        )
        self._foreign_writes = self._counter(
            "natsop_foreign_writes",
            "Writes of another process under the operator's field manager: two operators are at work.",
            "kind",
        )
        for written in (kinds.CLUSTERS, kinds.BOXES, *kinds.CREATED, *kinds.OPTIONAL):
            self._foreign_writes.labels(written.kind)
        self._reconciled = cache(
            self._counter("natsop_reconcile", "Reconciliations, by their result.", "kind", "result").labels
        )
        self._errors = cache(
            self._counter("natsop_reconcile_errors", "Reconciliations that failed and are tried again.", "kind").labels
        )
        self._durations = cache(
            Histogram(
                "natsop_reconcile_duration_seconds",
                "How long reconciliations take.",
                ("kind",),
                buckets=RECONCILE_SECONDS,
                registry=self._registry,
            ).labels
        )

    def _define_queue(self) -> None:
        self._adds = self._counter("workqueue_adds", "Custom resources that were put into the work queue.")
        self._retries = self._counter("workqueue_retries", "Custom resources that were put back, to be tried again.")
        self._waits = Histogram(
            "workqueue_queue_duration_seconds",
            "How long custom resources wait in the work queue for a worker.",
            buckets=QUEUE_SECONDS,
            registry=self._registry,
        )
        self._depth = self._gauge("workqueue_depth", "Custom resources that wait in the work queue now.")
        self._unfinished = self._gauge(
            "workqueue_unfinished_work_seconds", "How long all that is in work now has been in work, in sum."
        )
        self._longest = self._gauge(
            "workqueue_longest_running_processor_seconds", "How long the longest of those in work has been in work."
        )

    def request(self, verb: str, resource: str, code: str) -> None:
        """Count a request to the API server."""
        self._requests(verb, resource, code).inc()

    def watch_restarted(self, resource: str) -> None:
        """Count a watch that was taken up again."""
        self._restarts(resource).inc()

    def repaired(self, kind: str) -> None:
        """Count an object that was put back."""
        self._repairs(kind).inc()

    def foreign_write(self, kind: str) -> None:
        """Count an object that another process wrote under our field manager."""
        self._foreign_writes.labels(kind).inc()

    def reconciled(self, kind: str, result: str, seconds: float) -> None:
        """Count a reconciliation and how long it took."""
        self._reconciled(kind, result).inc()
        self._durations(kind).observe(seconds)
        if result == ERROR:
            self._errors(kind).inc()

    def queue_added(self) -> None:
        """Count a key that was put into the queue."""
        self._adds.inc()

    def queue_waited(self, seconds: float) -> None:
        """Take in how long a key waited for a worker."""
        self._waits.observe(seconds)

    def queue_retried(self) -> None:
        """Count a key that is to be tried again."""
        self._retries.inc()

    def read_queue(
        self, *, depth: Callable[[], float], unfinished: Callable[[], float], longest: Callable[[], float]
    ) -> None:
        """From where to read the state of the queue whenever somebody asks."""
        for gauge, value in ((self._depth, depth), (self._unfinished, unfinished), (self._longest, longest)):
            gauge.set_function(value)

    def read_custom_resources(self, all_of_them: Callable[[], Iterable[Object]]) -> None:
        """From where to read the custom resources whenever somebody asks."""
        self._custom_resources.read = all_of_them

    def read_served_namespaces(self, served: Callable[[], Mapping[str, bool]]) -> None:
        """From where to read whether each namespace is served whenever somebody asks."""
        self._namespaces.read = served

    def leading(self, name: str, *, is_leader: bool) -> None:
        """Take in whether we hold the lease."""
        self._leading.labels(name).set(is_leader)

    def exposition(self, accept: str) -> tuple[str, bytes]:
        """All metrics as text, in a format that the client accepts; the content type, and the text."""
        try:
            encode, content_type = choose_encoder(accept)
        except TypeError:  # its Accept header asks for a version that is no number
            encode, content_type = choose_encoder("")
        return content_type, encode(self._registry)

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(name, documentation, labels, registry=self._registry)

    def _gauge(self, name: str, documentation: str) -> Gauge:
        return Gauge(name, documentation, registry=self._registry)
