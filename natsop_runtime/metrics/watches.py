"""Metrics of the watches on the API server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from natsop_core import kinds

WATCHED = {each.plural for each in (*kinds.CUSTOM, *kinds.CREATED, *kinds.WATCHED_IN_FULL)}


class _LastEvents(Collector):
    """When each watch last told something, read at each scrape."""

    def __init__(self) -> None:
        self.read_ages: Callable[[], Mapping[str, float]] = dict

    def collect(self) -> Iterator[GaugeMetricFamily]:
        last = GaugeMetricFamily(
            "natsop_watch_last_event_timestamp_seconds",
            "When the watch of a resource last delivered something, as Unix time: a change, or at least a bookmark each"
            " minute. Of several watches of the resource, the oldest time.",
            labels=("resource",),
        )
        now = time.time()
        for resource, age in self.read_ages().items():
            last.add_metric((resource,), now - age)
        yield last


class WatchMetrics:
    """Counts interruptions of watches, and tells for how long they have been silent."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._last = _LastEvents()
        registry.register(self._last)
        self._restarts = Counter(
            "natsop_watch_restarts",
            "Watches that failed, or ended early, and were started again.",
            ("resource",),
            registry=registry,
        )
        for plural in WATCHED:
            self._restarts.labels(plural)

    def restarted(self, resource: str) -> None:
        """Count a watch that was started again."""
        self._restarts.labels(resource).inc()

    def read_silence(self, ages: Callable[[], Mapping[str, float]]) -> None:
        """From where to read at each scrape for how many seconds the watches of each resource have told nothing."""
        self._last.read_ages = ages
