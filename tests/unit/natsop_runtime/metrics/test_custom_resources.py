"""Metrics of custom resources, and what a scrape of thousands of them costs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from natsop_core.kinds import CLUSTERS
from natsop_runtime.metrics import Metrics, custom_resources
from tests.unit.natsop_runtime.metrics.exposed import BOX, CLUSTER, families, value, with_status

A = {"kind": "NatsCluster", "namespace": "prod", "name": "a"}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1")


def test_conditions_are_those_that_custom_resources_have_now(metrics: Metrics) -> None:
    metrics.custom_resources.changed(CLUSTER, with_status(Ready="True", Degraded="False"))
    metrics.custom_resources.changed(CLUSTERS.key("prod", "b"), with_status(Ready="Unknown"))
    assert value(metrics, "natsop_condition", **A, type="Ready", status="True") == 1
    assert value(metrics, "natsop_condition", **A, type="Degraded", status="False") == 1
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 2
    assert value(metrics, "natsop_next_expiry_timestamp_seconds", **A) == 1767323045

    metrics.custom_resources.changed(CLUSTER, with_status(Ready="False"))
    metrics.custom_resources.changed(CLUSTERS.key("prod", "b"), None)
    assert value(metrics, "natsop_condition", **A, type="Ready", status="True") is None
    assert value(metrics, "natsop_condition", **A, type="Ready", status="False") == 1
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 1

    metrics.custom_resources.changed(CLUSTER, None)
    assert not [sample for family in families(metrics) for sample in family.samples if "prod" in sample.labels.values()]
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 0


def test_what_was_never_there_and_is_gone_changes_nothing(metrics: Metrics) -> None:
    metrics.custom_resources.changed(CLUSTER, None)
    assert value(metrics, "natsop_resources", kind="NatsCluster") == 0


def test_an_expiry_that_is_over_goes(metrics: Metrics) -> None:
    metrics.custom_resources.changed(CLUSTER, with_status())
    metrics.custom_resources.changed(CLUSTER, b"{}")
    assert value(metrics, "natsop_next_expiry_timestamp_seconds", **A) is None


@pytest.mark.parametrize(
    "fields",
    [
        *({}, {"status": {}}, {"status": None}, {"status": {"conditions": None, "nextExpiry": None}}),
        *({"status": {"conditions": [{"type": 7}], "nextExpiry": []}}, {"status": "broken"}),
    ],
)
def test_a_custom_resource_without_a_status_of_ours_is_counted_all_the_same(
    metrics: Metrics, fields: dict[str, Any]
) -> None:
    metrics.custom_resources.changed(BOX, msgspec.json.encode(fields))
    assert value(metrics, "natsop_resources", kind="NatsBox") == 1


def test_whatever_a_status_says_the_text_can_be_read(metrics: Metrics) -> None:
    strange = 'a"b\\c\nd{}=,é'
    metrics.custom_resources.changed(CLUSTER, with_status(**{strange: strange}))
    assert value(metrics, "natsop_condition", **A, type=strange, status=strange) == 1


def test_a_scrape_looks_at_no_custom_resource(metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is to be said of one is written out when it changes: the bench measures what is left."""
    metrics.custom_resources.changed(CLUSTER, with_status(Ready="True"))
    looked_at: list[bytes] = []
    original = custom_resources._status  # noqa: SLF001

    def noted(json: bytes) -> Any:
        looked_at.append(json)
        return original(json)

    monkeypatch.setattr(custom_resources, "_status", noted)
    for _ in range(3):
        metrics.exposition("")
    assert looked_at == []
    metrics.custom_resources.changed(CLUSTER, with_status(Ready="False"))
    assert len(looked_at) == 1
