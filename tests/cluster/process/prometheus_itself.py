"""Prometheus itself, and what it has read."""

from __future__ import annotations

from pathlib import Path

import httpx2

from tests.testbed import prometheus
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run


def prometheus_itself() -> Path:
    """Its program."""
    try:
        return prometheus.PROGRAMS.file("prometheus")
    except CannotRunError as error:
        cannot_run(str(error))


def has_read_the_metrics(address: str) -> bool:
    """All of them; a failed assertion while it has not, or not lately."""
    assert found(address, "up") == ["1"]
    assert found(address, "natsop_build_info") == ["1"]
    assert found(address, "max(workqueue_adds_total)")
    return True


def found(address: str, query: str) -> list[str]:
    """The values that Prometheus finds; a failed assertion while it does not answer."""
    try:
        answer = httpx2.get(f"http://{address}/api/v1/query", params={"query": query}, trust_env=False)
    except httpx2.TransportError as error:
        raise AssertionError(f"Prometheus does not answer: {error!r}") from error
    assert answer.status_code != 503, "it has not read its own data yet"
    return [series["value"][1] for series in answer.json()["data"]["result"]]
