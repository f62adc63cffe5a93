"""What is reported while something is missing, and while nothing can be planned."""

from __future__ import annotations

import pytest

from natsop_core.api.natsbox import NatsBox
from natsop_core.api.read import read_cluster
from natsop_core.conclude import conclude_box
from tests.unit.natsop_core.states import TRIO, WITH_SECRET, running
from tests.unit.natsop_core.trio import SERVERS, conclude, report_of
from tests.unit.natsop_core.world import (
    box,
    cluster_object,
    conditions,
    inputs,
    message,
    plan_of,
    pod_without_image,
    said_before,
    secret,
)


def test_a_missing_secret_of_a_cluster_that_does_not_run_yet_is_waited_for() -> None:
    report = report_of(WITH_SECRET)
    assert conditions(report.status) == {
        "Ready": ("False", "WaitingForSecret"),
        "Available": ("False", "NotCreated"),
        "Progressing": ("True", "WaitingForSecret"),
        "Degraded": ("False", "AsExpected"),
    }
    assert not report.events
    assert report.requeue_after == 180


@pytest.mark.parametrize(("seconds", "degraded", "again"), [(30, "False", 150), (179, "False", 1), (180, "True", None)])
def test_after_three_minutes_it_is_degraded(seconds: int, degraded: str, again: float | None) -> None:
    said = {"conditions": [said_before("Progressing", "True", "WaitingForSecret", seconds=seconds)]}
    report = report_of(WITH_SECRET, status=said)
    assert conditions(report.status)["Degraded"][0] == degraded
    assert conditions(report.status)["Progressing"] == ("True", "WaitingForSecret"), "and still waited for"
    assert [event.reason for event in report.events] == (["SecretNotFound"] if degraded == "True" else [])
    assert report.requeue_after == again


def test_a_key_that_is_missing_is_waited_for_too() -> None:
    report = report_of(WITH_SECRET, secret("s"))
    assert conditions(report.status)["Ready"] == ("False", "WaitingForKey")


def test_all_that_is_missing_is_told_at_once() -> None:
    both = [{"name": name, "secret": {"name": name, "key": "k"}} for name in ("a", "b")]
    report = report_of({"config": {"includes": both}})
    assert "Secret a," in message(report.status, "Progressing")
    assert "Secret b," in message(report.status, "Progressing")


def test_what_cannot_come_by_itself_is_degraded_at_once() -> None:
    report = report_of(WITH_SECRET, secret("s", k="a: {"))
    assert conditions(report.status)["Degraded"] == ("True", "InvalidInclude")
    assert conditions(report.status)["Stalled"] == ("True", "InvalidInclude")


def test_a_missing_secret_of_a_cluster_that_runs_is_degraded_at_once() -> None:
    report = report_of({**TRIO, **WITH_SECRET, "replicas": 3}, *running(), *SERVERS)
    assert conditions(report.status)["Degraded"] == ("True", "SecretNotFound")
    assert "Stalled" not in conditions(report.status), "the Secret may still appear"


def test_a_box_waits_three_minutes_for_its_cluster() -> None:
    said = {"conditions": [said_before("Progressing", "True", "ClusterNotFound", seconds=181)]}
    for status, degraded in (({}, "False"), (said, "True")):
        cr: NatsBox = box({"clusterRef": {"name": "c"}}, status=status)
        seen = inputs(cr)
        found = conditions(conclude_box(cr, seen, plan_of(cr, seen), {}).status)
        assert (found["Ready"][1], found["Degraded"][0]) == ("ClusterNotFound", degraded)


# Nothing can be planned


def test_while_nothing_can_be_planned_what_runs_is_still_counted_and_followed() -> None:
    said = {"version": "2.12.6", "readyReplicas": 3, "replicas": 3}
    cr = read_cluster(cluster_object({"replicas": 0}) | {"status": said})
    seen = inputs(cr, *running(readyReplicas=0), *(pod_without_image(f"c-{ordinal}") for ordinal in range(3)))
    status = conclude(cr, seen).status
    assert status is not None
    assert (status["readyReplicas"], status["replicas"], status["version"]) == (0, 3, "2.12.6")
    found = conditions(status)
    assert (found["Available"], found["Progressing"]) == (("False", "ImagePullFailed"), ("True", "ImagePullFailed"))
    assert found["Degraded"] == found["Stalled"] == ("True", "InvalidSpec")
