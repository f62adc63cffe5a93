"""What is reported of a configuration that servers have not loaded, or have rejected."""

from __future__ import annotations

from datetime import timedelta

from natsop_core.api.natscluster import NatsCluster
from natsop_core.report import Report
from tests.unit.natsop_core.states import TRIO, answers, running
from tests.unit.natsop_core.trio import SERVERS, conclude, report_of
from tests.unit.natsop_core.world import NOW, Object, cluster, conditions, inputs, live_children, message, said_before


def rejected(cr: NatsCluster, seconds: int, *objects: Object) -> Report:
    said = {"conditions": [said_before("ConfigurationLoaded", "False", "ReloadPending", seconds=seconds)]}
    changed = cr.model_copy(update={"status": said})
    seen = inputs(changed, *objects, answers=answers(digest="sha256:0123456789abcdef0123456789"))
    return conclude(changed, seen)


def test_a_reload_is_pending_for_three_minutes() -> None:
    report = rejected(cluster(TRIO), 179, *running(), *SERVERS)
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
    assert message(report.status, "Progressing") == "c-0, c-1, c-2 have not loaded the new configuration yet."
    assert conditions(report.status)["Degraded"][0] == "False"


def test_another_edit_has_its_own_three_minutes() -> None:
    first, second = cluster(TRIO), cluster({**TRIO, "config": {"monitor": {"enabled": True, "port": 8333}}})
    before = rejected(first, 170, *running(), *SERVERS).status
    assert before is not None
    reported = [said_before("ConfigurationLoaded", "False", "ReloadPending", seconds=190)]
    later = second.model_copy(update={"status": {**before, "conditions": reported}})
    report = conclude(later, inputs(later, *running(), *SERVERS, answers=answers(digest="sha256:0123456789abcdef")))
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
    assert report.status
    assert report.status["awaitedConfiguration"]["since"] == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"
    assert report.status["awaitedConfiguration"] != before["awaitedConfiguration"]


def test_the_same_edit_is_waited_for_since_it_was_seen_first() -> None:
    before = rejected(cluster(TRIO), 170, *running(), *SERVERS).status
    assert before is not None
    since = f"{NOW - timedelta(seconds=180):%Y-%m-%dT%H:%M:%SZ}"
    said = {**before, "awaitedConfiguration": {**before["awaitedConfiguration"], "since": since}}
    cr = cluster(TRIO).model_copy(update={"status": said})
    report = conclude(cr, inputs(cr, *running(), *SERVERS, answers=answers(digest="sha256:0123456789abcdef")))
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadRejected")


def test_nothing_is_awaited_once_all_have_loaded_it() -> None:
    report = report_of(TRIO)
    assert "awaitedConfiguration" not in (report.status or {})


def test_a_reload_that_never_comes_was_rejected_and_says_where_to_look_and_what_comes_next() -> None:
    report = rejected(cluster(TRIO), 180, *running(), *SERVERS)
    found = conditions(report.status)
    assert found["ConfigurationLoaded"] == ("False", "ReloadRejected")
    assert found["Degraded"] == found["Stalled"] == ("True", "ReloadRejected")
    assert found["Progressing"] == ("False", "Stable")
    assert message(report.status, "Degraded") == (
        "These servers did not load the current configuration and run an earlier one:"
        " c-0 (digest sha256:0123456789ab), c-1 (digest sha256:0123456789ab), c-2 (digest sha256:0123456789ab)."
        " The log has the error: kubectl logs c-0 -c nats. Correct the configuration: a server that restarts reads the"
        " current one, and cannot start if it is invalid."
    )
    assert [(event.type, event.reason) for event in report.events] == [("Warning", "ReloadRejected")]


def test_a_server_that_is_still_to_be_restarted_has_not_rejected_anything() -> None:
    report = rejected(cluster(TRIO), 900, *running(updatedReplicas=1), *SERVERS)
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
    assert conditions(report.status)["Degraded"][0] == "False"


def test_where_nobody_reloads_nothing_is_rejected() -> None:
    spec = {**TRIO, "reloader": {"enabled": False}, "podTemplate": {"configChecksumAnnotation": True}}
    report = rejected(cluster(spec), 900, *live_children(cluster(spec)), *SERVERS)
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
