"""What the user hears of requests to the servers."""

from __future__ import annotations

from natsop_core.actions import RequestKey
from natsop_core.conclude.seen import action_events
from natsop_core.names import CLUSTER_KIND
from natsop_core.outcomes import Answered, Failed, Rejected
from natsop_core.resolve.owner import owner_of
from tests.unit.natsop_core.conclude.settled_trio import TRIO, outcome
from tests.unit.natsop_core.world import conditions, message

PUSH = RequestKey("prod", "c", "push the claims of account orders")


def test_a_request_that_did_not_get_through_is_sent_again_and_needs_nobody() -> None:
    report = outcome(PUSH, Failed("no connection to 10.0.0.3:4222: Connection refused", retry_after=7.0))
    assert conditions(report.status)["Progressing"] == ("True", "Retrying")
    assert message(report.status, "Progressing") == (
        "Request to push the claims of account orders: no connection to 10.0.0.3:4222: Connection refused."
    )
    assert conditions(report.status)["Degraded"][0] == "False"
    assert report.requeue_after == 7


def test_refused_credentials_are_told_and_tried_again() -> None:
    report = outcome(PUSH, Rejected("authorization violation"))
    assert conditions(report.status)["Degraded"] == ("True", "CredentialsRefused")
    assert message(report.status, "Degraded") == (
        "The servers reject the operator's credentials, so it cannot push the claims of account orders: authorization"
        " violation. Correct the Secret that userCreds of the system account in spec.auth.jwt.accounts refers to; with"
        " spec.auth.systemUser, delete its Secret, and the operator creates a new key."
    )
    assert report.requeue_after == 2


def test_of_an_answer_nothing_is_told_by_itself() -> None:
    report = outcome(PUSH, Answered(b"{}"))
    assert conditions(report.status)["Progressing"][0] == "False"
    assert conditions(report.status)["Degraded"][0] == "False"


def test_a_request_is_no_object_that_was_done_something_to() -> None:
    assert action_events(owner_of(TRIO.metadata, CLUSTER_KIND), {PUSH: Answered(b"")}) == []
