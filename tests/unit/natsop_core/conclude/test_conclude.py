"""What is reported of a NatsCluster whose steps were carried out, and when the operator looks again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from natsop_core.api.read import read_cluster
from natsop_core.inputs import Forbidden, Unreachable
from natsop_core.kinds import SECRETS
from natsop_core.outcomes import Applied, Rejected, Unchanged
from natsop_core.references import ObjectRef
from natsop_core.report import Report
from tests.unit.natsop_core.conclude.settled_trio import CHILDREN, SPEC, TRIO, answers, outcome, settled
from tests.unit.natsop_core.trio import CONFIG_MAP, SERVERS, SERVICE, STATEFUL_SET, conclude
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    cluster,
    cluster_object,
    conditions,
    inputs,
    live_children,
    message,
    one_of,
    plan_of,
    varz,
)

# A cluster that is as it should be


def test_a_cluster_that_is_as_it_should_be_is_ready() -> None:
    report = conclude(TRIO, settled(TRIO), dict.fromkeys(plan_of(TRIO, settled(TRIO)).targets, Unchanged()))
    assert conditions(report.status) == {
        "Ready": ("True", "Ready"),
        "Available": ("True", "EnoughReady"),
        "Progressing": ("False", "Stable"),
        "Degraded": ("False", "AsExpected"),
        "ConfigurationLoaded": ("True", "Loaded"),
    }


def test_the_status_has_the_facts_in_the_go_operator_s_form() -> None:
    status = conclude(TRIO, settled(TRIO)).status
    assert status is not None
    assert {key: value for key, value in status.items() if key != "conditions"} == {
        "observedGeneration": 1,
        "replicas": 3,
        "readyReplicas": 3,
        "endpoints": {"client": "nats://c.prod.svc:4222", "headless": "nats://c-headless.prod.svc:4222"},
        "configMapName": "c-config",
        "version": "2.12.6",
    }


def test_versions_are_all_named_while_they_differ_and_kept_while_none_is_known() -> None:
    mixed = {**answers(), "c-1": varz(version="2.11.0")}
    status = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=mixed)).status
    assert status is not None
    assert status["version"] == "2.11.0, 2.12.6"
    earlier = cluster(SPEC, status={"version": "2.12.6"})
    status = conclude(earlier, inputs(earlier, *CHILDREN)).status
    assert status is not None
    assert status["version"] == "2.12.6"


# Available and Progressing, each reason


@pytest.mark.parametrize(
    ("changes", "available", "progressing"),
    [
        ({"readyReplicas": 2}, ("True", "EnoughReady"), ("True", "PodsNotReady")),
        ({"readyReplicas": 1}, ("False", "TooFewReady"), ("True", "PodsNotReady")),
        ({"updatedReplicas": 1}, ("True", "EnoughReady"), ("True", "RollingOut")),
        ({"replicas": 4}, ("True", "EnoughReady"), ("True", "PodsToGo")),
        ({"observedGeneration": 0}, ("False", "NotObserved"), ("True", "NotObserved")),
    ],
)
def test_the_stateful_set_s_status_decides(
    changes: Object, available: tuple[str, str], progressing: tuple[str, str]
) -> None:
    found = conditions(conclude(TRIO, settled(TRIO, **changes)).status)
    assert (found["Available"], found["Progressing"]) == (available, progressing)
    assert found["Ready"][0] == "False"


def test_a_cluster_that_was_never_made_is_not_created() -> None:
    found = conditions(conclude(TRIO, inputs(TRIO)).status)
    assert found["Available"] == ("False", "NotCreated")
    assert found["Progressing"] == ("True", "NotCreated")
    assert found["ConfigurationLoaded"] == ("Unknown", "NotObserved")


def test_a_stranger_s_stateful_set_is_not_the_cluster() -> None:
    theirs = one_of(live_children(TRIO), "StatefulSet")
    theirs["metadata"]["ownerReferences"][0]["uid"] = "uid-of-another"
    found = conditions(conclude(TRIO, inputs(TRIO, theirs)).status)
    assert found["Available"] == ("False", "NotCreated")


def test_what_was_just_changed_is_under_way_though_its_status_says_otherwise() -> None:
    found = conditions(outcome(STATEFUL_SET, Applied()).status)
    assert found["Available"] == ("True", "EnoughReady")
    assert found["Progressing"] == ("True", "NotObserved")
    assert found["Ready"] == ("False", "NotObserved")


def test_what_was_just_made_is_told_as_it_is_until_its_controller_has_seen_it() -> None:
    """So nothing need be written in between."""
    fresh = {**one_of(live_children(TRIO), "StatefulSet"), "status": {}}
    just_made = conclude(TRIO, inputs(TRIO), {STATEFUL_SET: Applied()}).status
    assert conditions(just_made) == conditions(conclude(TRIO, inputs(TRIO, fresh)).status)
    assert conditions(just_made)["Available"] == ("False", "NotObserved")


def test_a_change_of_another_object_is_not_under_way() -> None:
    assert conditions(outcome(CONFIG_MAP, Applied()).status)["Ready"] == ("True", "Ready")


# ConfigurationLoaded


def test_a_server_that_is_behind_is_named_and_asked_again_soon() -> None:
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=answers("c-1")))
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
    assert conditions(report.status)["Ready"] == ("False", "ReloadPending")
    assert "c-1" in message(report.status, "ConfigurationLoaded")
    assert report.requeue_after == 5


def test_a_server_that_does_not_tell_makes_it_unknown_but_nothing_worse() -> None:
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS[:2], answers=answers()))
    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotObserved")
    assert conditions(report.status)["Ready"] == ("True", "Ready")
    assert "c-2" in message(report.status, "ConfigurationLoaded")


def test_a_server_too_old_to_tell_says_so() -> None:
    old = {**answers(), "c-0": varz(version="2.10.9", config_digest="sha256:x")}
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=old))
    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotKnown")
    assert "2.10.9" in message(report.status, "ConfigurationLoaded")


# When the operator looks again


def test_at_rest_the_servers_are_asked_every_five_minutes() -> None:
    assert conclude(TRIO, settled(TRIO)).requeue_after == 300


def test_servers_are_asked_as_often_while_their_spec_cannot_be_planned() -> None:
    waiting = cluster({"config": {"includes": [{"name": "a.conf", "secret": {"name": "s", "key": "k"}}]}})
    report = conclude(waiting, inputs(waiting, *CHILDREN, *SERVERS, answers=answers()))
    assert conditions(report.status)["Degraded"] == ("True", "SecretNotFound")
    assert report.requeue_after == 300


def test_a_surplus_server_is_asked_while_it_runs() -> None:
    single = cluster({**SPEC, "replicas": 1})
    assert conclude(single, inputs(single, SERVERS[2], answers=answers())).requeue_after == 300


@pytest.mark.parametrize(("age", "delay"), [(0, 5), (40, 40), (3600, 300)])
def test_a_server_that_does_not_answer_is_asked_again_after_as_long_as_it_has_been_unknown(
    age: int, delay: float
) -> None:
    since = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    unknown = {"type": "ConfigurationLoaded", "status": "Unknown", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [unknown]})
    silent = {**answers(), "c-1": Unreachable("no answer within 2 s")}

    report = conclude(cr, inputs(cr, *CHILDREN, *SERVERS, answers=silent))

    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotObserved")
    assert report.requeue_after == delay


def test_a_server_that_has_just_fallen_silent_is_asked_again_soon() -> None:
    loaded = {"type": "ConfigurationLoaded", "status": "True", "lastTransitionTime": "2020-01-02T03:04:05Z"}
    cr = cluster(SPEC, status={"conditions": [loaded]})
    silent = {**answers(), "c-1": Unreachable("no answer within 2 s")}
    assert conclude(cr, inputs(cr, *CHILDREN, *SERVERS, answers=silent)).requeue_after == 5


def test_what_may_not_be_read_is_asked_for_again_since_no_event_tells_of_a_right_that_is_granted() -> None:
    cr = cluster({"config": {"includes": [{"name": "a.conf", "secret": {"name": "s", "key": "k"}}]}})
    secret = ObjectRef(SECRETS.key("prod", "s"))
    seen = replace(inputs(cr), found={**inputs(cr).found, secret: Forbidden('cannot get resource "secrets"')})

    report = conclude(cr, seen)

    assert conditions(report.status)["Degraded"] == ("True", "SecretNotReadable")
    assert report.requeue_after == 60


def test_a_fault_that_several_references_have_is_told_once() -> None:
    credentials = {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}
    cr = cluster({"replicas": 3, "config": credentials})
    seen = inputs(cr, *live_children(cluster(SPEC)))
    assert message(conclude(cr, seen).status, "Degraded").count("Secret routes") == 1


@pytest.mark.parametrize(("age", "delay"), [(0, 2), (30, 30), (3600, 60)])
def test_a_refused_object_is_tried_again_after_as_long_as_it_has_been_refused(age: int, delay: float) -> None:
    since = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    degraded = {"type": "Degraded", "status": "True", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [degraded]})
    assert conclude(cr, settled(cr), {SERVICE: Rejected("no")}).requeue_after == delay


@pytest.mark.parametrize(
    "since", ["2026-01-02T03:03:35.5Z", "2026-01-02T04:03:35+01:00", "2026-01-02T03:03:35", "never"]
)
def test_a_status_that_others_wrote_in_their_own_way_is_read_all_the_same(since: str) -> None:
    degraded = {"type": "Degraded", "status": "True", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [degraded]})
    assert conclude(cr, settled(cr), {SERVICE: Rejected("no")}).requeue_after in (2, 29.5, 30)


@pytest.mark.parametrize("spec", [SPEC, {"replicas": 0}])
def test_while_it_is_being_deleted_there_is_nobody_to_tell(spec: Object) -> None:
    cr = read_cluster(cluster_object(spec, deletionTimestamp="2026-01-02T03:04:05Z"))
    seen = inputs(cr, *CHILDREN)
    assert conclude(cr, seen) == Report(status=None)
