"""What is reported of servers: available or not, without routes or a leader, only two of them."""

from __future__ import annotations

import pytest

from natsop_core.outcomes import Applied
from tests.config_digests import config_digest
from tests.unit.natsop_core.states import TRIO, answers, running
from tests.unit.natsop_core.trio import SERVERS, STATEFUL_SET, report_of
from tests.unit.natsop_core.world import cluster, conditions, jetstream, live_children, message, pod, said_before, varz

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


# Two servers


@pytest.mark.parametrize(("replicas", "told"), [(1, 0), (2, 1), (3, 0)])
def test_two_servers_with_jetstream_are_warned_about_when_they_are_made(replicas: int, told: int) -> None:
    report = report_of({"replicas": replicas, **jetstream()}, outcomes={STATEFUL_SET: Applied()})
    assert [event.type for event in report.events if event.reason == "TwoServers"] == ["Warning"] * told


def test_two_servers_without_jetstream_need_no_majority() -> None:
    report = report_of({"replicas": 2}, outcomes={STATEFUL_SET: Applied()})
    assert "TwoServers" not in [event.reason for event in report.events]
