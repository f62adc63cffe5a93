"""For how long a scrape of the metrics holds the event loop."""

from __future__ import annotations

from statistics import median
from time import perf_counter
from typing import Final

import msgspec

from natsop_core.kinds import CLUSTERS
from natsop_runtime.metrics import Metrics
from tests.bench.figures import Figures

MANY: Final = 3_000
MORE: Final = 10_000
SCRAPES: Final = 20

MOST: Final = 20.0
"""Milliseconds with `MANY` custom resources, as the issue asks."""

CONDITIONS: Final = ("Ready", "Available", "Progressing", "Degraded", "ConfigurationLoaded", "Stalled")


def measure(figures: Figures) -> None:
    """Metrics of so many NatsClusters, each with six conditions and something that expires."""
    figures.heading("a scrape of the metrics, on the event loop")
    without, many, more = (_milliseconds(number) for number in (0, MANY, MORE))
    figures.show(f"with {MANY} custom resources, median of {SCRAPES}", many, "ms", bound=MOST)
    figures.show(f"  with {MORE}", more, "ms", more=f"without any {without:.2f} ms")


def _milliseconds(number: int) -> float:
    metrics = Metrics("bench")
    conditions = [{"type": each, "status": "True", "reason": "Fine", "message": "m" * 200} for each in CONDITIONS]
    json = msgspec.json.encode({"status": {"conditions": conditions, "nextExpiry": "2030-01-02T03:04:05Z"}})
    for each in range(number):
        metrics.custom_resources.changed(CLUSTERS.key(f"namespace-{each % 50}", f"cluster-{each}"), json)
    return median(_one(metrics) for _ in range(SCRAPES)) * 1000


def _one(metrics: Metrics) -> float:
    begun = perf_counter()
    metrics.exposition("")
    return perf_counter() - begun
