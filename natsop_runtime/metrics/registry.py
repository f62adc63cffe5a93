"""All metrics of the operator, in a registry of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

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
from natsop_runtime.metrics.controllers import ControllerMetrics
from natsop_runtime.metrics.custom_resources import CustomResourceMetrics
from natsop_runtime.metrics.requests import RequestMetrics
from natsop_runtime.metrics.watches import WatchMetrics

LAG_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

_ESCAPING: Final = re.compile(r"escaping=[^;,]*")
_END: Final = b"# EOF\n"
"""The last line of the OpenMetrics format; Prometheus' older format has none."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, which nobody asks for


class _Namespaces(Collector):
    """Whether each namespace that the operator is limited to is served, read at each scrape."""

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
    """The operator's metrics. To count something costs about 1 µs.

    controllers, requests, watches, custom_resources: those of the work queue and of reconciliations, of requests to the
    API server, of watches, and of the custom resources' status.
    """

    def __init__(self, version: str) -> None:
        self._registry = registry = CollectorRegistry()
        self.controllers = ControllerMetrics(registry)
        self.requests = RequestMetrics(registry)
        self.watches = WatchMetrics(registry)
        self.custom_resources = CustomResourceMetrics(registry)
        self._define_own()
        self._namespaces = _Namespaces()
        registry.register(self._namespaces)
        self._leading = Gauge(
            "leader_election_master_status",
            "1 while this process holds the Lease of that name, else 0.",
            ("name",),
            registry=registry,
        )
        Info("natsop_build", "The operator's version.", registry=registry).info({"version": version})
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

    def _define_own(self) -> None:
        self._repairs = Counter(
            "natsop_repairs",
            "Objects that others had changed and that the operator put back.",
            ("kind",),
            registry=self._registry,
        )
        self._foreign_writes = Counter(
            "natsop_foreign_writes",
            "Writes of another process under the operator's field manager: a second operator is at work.",
            ("kind",),
            registry=self._registry,
        )
        for created in (*kinds.CREATED, *kinds.OPTIONAL):
            self._repairs.labels(created.kind)
        for written in (*kinds.CUSTOM, *kinds.CREATED, *kinds.OPTIONAL):
            self._foreign_writes.labels(written.kind)
        self._lag = Histogram(
            "natsop_event_loop_lag_seconds",
            "How late the event loop runs a task, sampled twice a second. A computation that holds it delays all.",
            buckets=LAG_SECONDS,
            registry=self._registry,
        )

    def repaired(self, kind: str) -> None:
        """Count an object that was put back."""
        self._repairs.labels(kind).inc()

    def foreign_write(self, kind: str) -> None:
        """Count an object that another process wrote under our field manager."""
        self._foreign_writes.labels(kind).inc()

    def event_loop_lagged(self, seconds: float) -> None:
        """Take in how much too late the event loop woke a task."""
        self._lag.observe(seconds)

    def read_served_namespaces(self, served: Callable[[], Mapping[str, bool]]) -> None:
        """From where to read at each scrape whether each namespace is served."""
        self._namespaces.read = served

    def leading(self, name: str, *, is_leader: bool) -> None:
        """Take in whether we hold the Lease."""
        self._leading.labels(name).set(is_leader)

    def exposition(self, accept: str) -> tuple[str, bytes]:
        """All metrics as text, in a format that the client accepts; the content type, and the text."""
        try:  # no name of ours needs any escaping, whichever scheme the client prefers
            encode, content_type = choose_encoder(_ESCAPING.sub("", accept))
        except TypeError:  # its Accept header asks for a version that is no number
            encode, content_type = choose_encoder("")
        text = encode(self._registry)
        end = _END if text.endswith(_END) else b""
        return content_type, b"".join((text.removesuffix(_END), *self.custom_resources.lines(), end))
