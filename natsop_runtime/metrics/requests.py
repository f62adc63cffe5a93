"""Metrics of requests to the API server, with client-go's names, labels and buckets.

Source: controller-runtime v0.22, pkg/metrics/client_go_adapter.go, and component-base v0.34,
metrics/prometheus/restclient/metrics.go. As there, a request without an answer has the code <error>, and a watch is
counted when it begins, but has no duration.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from natsop_runtime.api_server.http_client import NO_ANSWER, Answered

SECONDS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
CODES: Final = ("200", "401", "403", "404", "409", "429", "500", "503", NO_ANSWER)
"""Those whose series exist before the first such answer, as alerts and dashboards look for them."""


class RequestMetrics:
    """Counts requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "rest_client_requests",
            "Requests to the API server, by HTTP status code, or <error> where there was no answer.",
            ("code", "method", "host"),
            registry=registry,
        )
        self._durations = Histogram(
            "rest_client_request_duration_seconds",
            "How long requests to the API server take. Watches are left out.",
            ("verb", "host"),
            buckets=SECONDS,
            registry=registry,
        )

    def to(self, host: str) -> Answered:
        """What to tell of the requests to this API server."""
        requests = cache(lambda method, code: self._requests.labels(code, method, host))
        durations = cache(lambda method: self._durations.labels(method, host))
        for method, code in product(METHODS, CODES):
            requests(method, code)
            durations(method)

        def answered(method: str, code: str, seconds: float | None) -> None:
            requests(method, code).inc()
            if seconds is not None:
                durations(method).observe(seconds)

        return answered
