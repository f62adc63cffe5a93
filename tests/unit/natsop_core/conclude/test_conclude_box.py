"""What is reported of a NatsBox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from natsop_core.api.natsbox import NatsBox
from natsop_core.api.read import read_box
from natsop_core.conclude import conclude_box
from natsop_core.report import Report
from tests.unit.natsop_core.world import (
    Object,
    box,
    box_object,
    cluster_object,
    conditions,
    inputs,
    live_children,
    message,
    one_of,
    plan_of,
    settled_status,
)


def conclude_a_box(cr: NatsBox, *objects: Object) -> Report:
    seen = inputs(cr, *objects)
    return conclude_box(cr, seen, plan_of(cr, seen), {})


def test_a_box_is_ready_when_its_pods_are_and_needs_no_second_look() -> None:
    report = conclude_a_box(box(), *live_children(box()))
    assert {key: status for key, (status, _) in conditions(report.status).items()} == {
        "Ready": "True",
        "Available": "True",
        "Progressing": "False",
        "Degraded": "False",
    }
    assert report.requeue_after is None


def test_a_box_without_its_cluster_says_what_it_waits_for() -> None:
    report = conclude_a_box(box({"clusterRef": {"name": "c"}}))
    assert conditions(report.status)["Progressing"] == ("True", "ClusterNotFound")
    assert "NatsCluster c in namespace prod" in message(report.status, "Ready")
    assert conditions(report.status)["Degraded"] == ("False", "AsExpected")


def test_a_box_of_an_invalid_cluster_says_so_and_what_runs_is_still_available() -> None:
    report = conclude_a_box(box({"clusterRef": {"name": "c"}}), *live_children(box()), cluster_object({"replicas": 0}))
    assert conditions(report.status)["Degraded"] == ("True", "ClusterInvalid")
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")


def test_a_box_of_no_pods_is_available_with_none() -> None:
    cr = box({"replicas": 0})
    deployment = one_of(live_children(cr), "Deployment") | {"status": settled_status(0)}
    assert conditions(conclude_a_box(cr, deployment).status)["Ready"] == ("True", "Ready")


@pytest.mark.parametrize("metadata", [{}, {"deletionTimestamp": "2026-01-02T03:04:05Z"}])
def test_an_invalid_box_is_told_unless_it_is_being_deleted(metadata: Mapping[str, Any]) -> None:
    cr = read_box(box_object({"replicas": -1}, **metadata))
    report = conclude_box(cr, inputs(cr), plan_of(cr, inputs(cr)), {})
    if metadata:
        assert report.status is None
    else:
        assert conditions(report.status)["Degraded"] == ("True", "InvalidSpec")
