"""Metrics of watches."""

from __future__ import annotations

import time

from natsop_core import kinds
from natsop_runtime.metrics import Metrics
from tests.unit.natsop_runtime.metrics.exposed import value


def test_interruptions_are_counted_by_resource_from_zero() -> None:
    metrics = Metrics("1")
    metrics.watches.restarted("pods")
    for each in (*kinds.CUSTOM, *kinds.CREATED, *kinds.WATCHED_IN_FULL):
        assert value(metrics, "natsop_watch_restarts_total", resource=each.plural) == (each.plural == "pods")


def test_when_a_watch_last_delivered_something_is_a_time() -> None:
    metrics = Metrics("1")
    metrics.watches.read_silence(lambda: {"pods": 90.0})
    last = value(metrics, "natsop_watch_last_event_timestamp_seconds", resource="pods")
    assert last is not None
    assert 90 <= time.time() - last < 100
