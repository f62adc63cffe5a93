"""What is reported of states in which users look: waiting, starting, broken, cut off, refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from natsop_core.actions import Delete
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.kinds import PODS
from natsop_core.outcomes import Applied, Outcomes
from natsop_core.report import Report
from tests.config_digests import config_digest
from tests.unit.natsop_core.claims import claim
from tests.unit.natsop_core.states import CHILDREN, TRIO, WITH_SECRET, answers, running
from tests.unit.natsop_core.trio import SERVERS, STATEFUL_SET, conclude
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    box,
    cluster,
    cluster_object,
    conditions,
    inputs,
    jetstream,
    live_children,
    message,
    one_of,
    plan_of,
    pod,
    pod_without_image,
    said_before,
    secret,
    settled_status,
    varz,
)


def report_of(
    spec: Object, *objects: Object, status: Object | None = None, outcomes: Outcomes | None = None, **others: Any
) -> Report:
    cr = cluster(spec, status=status)
    seen = inputs(cr, *objects, **others)
    return conclude(cr, seen, outcomes)


# Available, until the controller has seen a change


def test_available_stays_as_it_was_while_the_controller_has_not_seen_a_change() -> None:
    said = {"conditions": [said_before("Available", "True", "EnoughReady", seconds=900)]}
    report = report_of(TRIO, *running(observedGeneration=0), status=said)
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")
    assert message(report.status, "Available") == "Said before."
    assert conditions(report.status)["Ready"] == ("False", "NotObserved")
    assert not report.events, "unknown is no outage"


def test_what_was_unavailable_stays_so_with_its_reason() -> None:
    said = {"conditions": [said_before("Available", "False", "ImagePullFailed")]}
    report = report_of(TRIO, *running(observedGeneration=0), status=said)
    assert conditions(report.status)["Available"] == ("False", "ImagePullFailed")


def test_a_stateful_set_that_was_just_made_anew_leaves_the_last_value() -> None:
    """Its pods were orphaned for a moment, and serve all the time."""
    said = {"conditions": [said_before("Available", "True", "EnoughReady")]}
    report = report_of(TRIO, status=said, outcomes={STATEFUL_SET: Applied()})
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")


# Available, by what the servers say


def test_a_clustered_jetstream_without_a_leader_is_not_available() -> None:
    report = report_of(TRIO, *running(), *SERVERS, answers=answers(leader=""))
    assert conditions(report.status)["Available"] == ("False", "MetaLeaderUnknown")
    assert conditions(report.status)["Ready"] == ("False", "MetaLeaderUnknown")
    assert report.requeue_after == 5


def test_servers_whose_routes_never_form_are_told_with_the_names_that_their_certificates_need() -> None:
    report = report_of(TRIO, *running(), *SERVERS, answers=answers(leader="", routes=0))
    assert conditions(report.status)["Available"] == ("False", "RoutesIncomplete")
    assert message(report.status, "Ready") == (
        "c-0, c-1, c-2: no route to any other server. A route certificate must be valid for"
        " *.c-headless.prod.svc.cluster.local; a NetworkPolicy must allow connections between the servers on the"
        " cluster port. The log has details: kubectl logs c-0 -c nats."
    )


def test_one_server_that_is_cut_off_is_no_outage_but_not_ready() -> None:
    mixed = {**answers(), "c-2": answers(leader="", routes=0)["c-2"]}
    report = report_of(TRIO, *running(), *SERVERS, answers=mixed)
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")
    assert conditions(report.status)["Progressing"] == ("True", "RoutesIncomplete")
    assert message(report.status, "Progressing").startswith("c-2: no route")


def test_servers_that_cannot_be_asked_say_nothing_about_a_leader() -> None:
    assert conditions(report_of(TRIO, *running(), *SERVERS).status)["Available"] == ("True", "EnoughReady")


def test_a_cluster_that_has_a_leader_is_ready() -> None:
    report = report_of(TRIO, *running(), *SERVERS, answers=answers())
    assert conditions(report.status)["Ready"] == ("True", "Ready")
    assert message(report.status, "Ready") == "All servers are running the requested configuration."
    assert report.requeue_after == 300


def test_a_lone_server_needs_no_routes() -> None:
    lone = {"replicas": 1, **jetstream()}
    [text] = [each["data"]["nats.conf"] for each in live_children(cluster(lone)) if each["kind"] == "ConfigMap"]
    told = varz(version="2.12.6", config_digest=config_digest(text, {"SERVER_NAME": "'c-0'"}), routes=0, jetstream={})
    report = report_of(lone, *live_children(cluster(lone)), pod("c-0"), answers={"c-0": told})
    assert conditions(report.status)["Ready"] == ("True", "Ready")


# Pods that do not start


def test_what_keeps_the_servers_from_starting_stands_in_available_progressing_and_ready() -> None:
    children = running(readyReplicas=0)
    report = report_of(TRIO, *children, *(pod_without_image(f"c-{ordinal}") for ordinal in range(3)))
    found = conditions(report.status)
    assert (found["Available"], found["Progressing"]) == (("False", "ImagePullFailed"), ("True", "ImagePullFailed"))
    assert found["Ready"] == ("False", "ImagePullFailed")
    assert message(report.status, "Available") == (
        "0 of 3 servers ready; 2 needed. Pods c-0, c-1, c-2: the image nats:2.12.6-alpin of container nats cannot be"
        " pulled: not found. Correct the image or its pull secrets, or make the registry reachable."
    )


def test_a_new_revision_that_does_not_start_is_no_outage() -> None:
    report = report_of(
        TRIO, *running(readyReplicas=2, updatedReplicas=1), *SERVERS[:2], pod_without_image("c-2"), answers=answers()
    )
    found = conditions(report.status)
    assert (found["Available"], found["Progressing"]) == (("True", "EnoughReady"), ("True", "ImagePullFailed"))


def test_when_the_cause_is_gone_so_is_the_reason() -> None:
    said = {"conditions": [said_before("Available", "False", "ImagePullFailed")]}
    report = report_of(TRIO, *running(), *SERVERS, status=said, answers=answers())
    assert conditions(report.status)["Ready"] == ("True", "Ready")


def test_a_pod_that_waits_is_looked_at_when_that_counts_as_a_problem_and_not_before() -> None:
    young = pod("c-2", running=False)
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-02T03:03:55Z"}
    young["status"] = {"phase": "Pending", "conditions": [scheduled]}
    assert report_of(TRIO, *running(readyReplicas=2), young).requeue_after == 5
    assert report_of(TRIO, *running(readyReplicas=2)).requeue_after is None, "its pods' events will come"


@pytest.mark.parametrize(("policy", "delay"), [("OrderedReady", 55), ("Parallel", 300)])
def test_a_running_pod_is_looked_at_again_when_it_counts_as_stuck(policy: str, delay: float) -> None:
    *others, live = running(readyReplicas=2)
    live = {**live, "spec": {**live["spec"], "podManagementPolicy": policy}}
    unready = pod("c-2")
    since = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-02T03:04:00Z"}
    unready["status"] = {**unready["status"], "conditions": [since]}
    assert report_of(TRIO, *others, live, *SERVERS[:2], unready, answers=answers()).requeue_after == delay


@pytest.mark.parametrize("replicas", [3, 0])
def test_a_claim_that_waits_for_its_volume_is_named_whatever_the_spec_says(replicas: int) -> None:
    scheduled = {"type": "PodScheduled", "status": "False", "lastTransitionTime": "2026-01-02T03:00:00Z"}
    waiting = pod("c-0", running=False)
    waiting["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "jetstream-c-0"}}]
    waiting["status"] = {"phase": "Pending", "conditions": [{**scheduled, "message": "unbound claims."}]}
    pending = {**claim(0), "status": {"phase": "Pending"}}
    cr = read_cluster(cluster_object({**TRIO, "replicas": replicas}))
    seen = inputs(cr, *running(readyReplicas=0), waiting, pending)
    told = message(conclude(cr, seen).status, "Available")
    assert "Pod c-0: no node fits: unbound claims. PersistentVolumeClaims that are not bound: jetstream-c-0." in told


def test_a_box_says_what_keeps_its_pod_from_starting() -> None:
    cr = box()
    deployment = one_of(live_children(cr), "Deployment") | {"status": settled_status(1, readyReplicas=0)}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    seen = inputs(cr, deployment, pod_without_image("b-5d8f-x2x7k", labels=labels))
    status = conclude_box(cr, seen, plan_of(cr, seen), {}).status
    assert conditions(status)["Ready"] == ("False", "ImagePullFailed")
    assert "Pod b-5d8f-x2x7k: the image" in message(status, "Ready")


def test_a_pod_of_an_older_revision_that_cannot_start_is_deleted_and_that_is_told() -> None:
    stateful_set = one_of(running(readyReplicas=2, updateRevision="new"), "StatefulSet")
    stuck = pod_without_image("c-2", labels={**SERVERS[0]["metadata"]["labels"], "controller-revision-hash": "bad"})
    stuck["metadata"]["ownerReferences"][0]["uid"] = stateful_set["metadata"]["uid"]
    cr = cluster(TRIO)
    seen = inputs(cr, *CHILDREN[:-1], stateful_set, stuck)
    plan = plan_of(cr, seen)
    key = PODS.key("prod", "c-2")
    assert plan.actions == (Delete(key, "uid-of-c-2"),)
    [event] = [
        each for each in conclude_cluster(cr, seen, plan, {key: Applied()}).events if each.reason == "PodReplaced"
    ]
    assert (event.type, event.is_passing) == ("Normal", True)
    assert event.message.startswith("Pod c-2 has an older revision and could not start.")


# Waiting for what is missing


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


# Reloads


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


# Two servers


@pytest.mark.parametrize(("replicas", "told"), [(1, 0), (2, 1), (3, 0)])
def test_two_servers_with_jetstream_are_warned_about_when_they_are_made(replicas: int, told: int) -> None:
    report = report_of({"replicas": replicas, **jetstream()}, outcomes={STATEFUL_SET: Applied()})
    assert [event.type for event in report.events if event.reason == "TwoServers"] == ["Warning"] * told


def test_two_servers_without_jetstream_need_no_majority() -> None:
    report = report_of({"replicas": 2}, outcomes={STATEFUL_SET: Applied()})
    assert "TwoServers" not in [event.reason for event in report.events]
