"""The table of natsop_core.settled, row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from natsop_core.inputs import Unreachable
from natsop_core.settled import Observation, UnsettledReason, look, observe, settled
from tests.unit.natsop_core.settled.servers import (
    EXPECTED,
    Answers,
    consumer_of,
    group,
    member_of,
    seen,
    settled_answers,
    stream,
    stream_of,
)

Change = Callable[[Answers], Any]


def of_orders(**changes: Any) -> Change:
    """Change what the leader of ORDERS says of c-2."""
    return lambda answers: member_of(stream_of(answers, "c-0")["cluster"], "c-2").update(changes)


def of_billing(**changes: Any) -> Change:
    """Change what the leader of the consumer says of c-2."""
    return lambda answers: member_of(consumer_of(answers, "c-1")["cluster"], "c-2").update(changes)


def of_meta(**changes: Any) -> Change:
    """Change what the meta leader says of c-2."""
    return lambda answers: member_of(answers["c-1"]["jsz"]["meta_cluster"], "c-2").update(changes)


def in_all(change: Callable[[Answers, str], Any]) -> Change:
    def changed(answers: Answers) -> None:
        for name in answers:
            change(answers, name)

    return changed


def removed(answers: Answers) -> None:
    """The cluster has removed c-2, which is healthy all the same."""
    meta = answers["c-1"]["jsz"]["meta_cluster"]
    meta["cluster_size"] = 2
    meta["replicas"] = [each for each in meta["replicas"] if each["name"] != "c-2"]


def without_orders(answers: Answers) -> None:
    answers["c-2"]["jsz"] |= {"streams": 1}
    account = answers["c-2"]["jsz"]["account_details"][0]
    account["stream_detail"] = [each for each in account["stream_detail"] if each["name"] != "ORDERS"]


def evacuated(answers: Answers) -> None:
    """What EVACUATE leaves of a stream with as many replicas as servers (2.15): one member fewer, all healthy."""
    without_orders(answers)
    for name in ("c-0", "c-1"):
        stream_of(answers, name)["cluster"] = group("c-0", name, ("c-0", "c-1"))


def restarted(answers: Answers) -> None:
    """c-2 has fetched some of the messages. Raft calls it current."""
    answers["c-2"]["health"] = {"status": "unavailable", "error": "JetStream stream '$G > ORDERS' is not current"}
    stream_of(answers, "c-2")["state"]["last_seq"] = 888


TABLE: dict[str, tuple[Change, UnsettledReason, str]] = {
    "unhealthy": (
        lambda answers: answers["c-2"].update(health={"status": "unavailable", "error": "JetStream is not current"}),
        "ServerUnhealthy",
        "c-2 is not healthy (JetStream is not current)",
    ),
    "not a healthz": (
        lambda answers: answers["c-2"].update(health={}),
        "AnswerUnreadable",
        "c-2 gives an answer that is incomplete or not a nats-server's",
    ),
    "accounts beyond the limit": (
        lambda answers: answers["c-2"]["jsz"].update(accounts=1025),
        "AnswerUnreadable",
        "c-2 gives an answer that is incomplete or not a nats-server's",
    ),
    "JetStream off": (
        lambda answers: answers["c-2"]["jsz"].update(disabled=True),
        "ServerUnhealthy",
        "JetStream is disabled on c-2",
    ),
    "same name": (
        lambda answers: answers["c-2"]["varz"].update(server_name="c-1"),
        "AnswerUnreadable",
        "several servers have the name c-1",
    ),
    "no meta leader": (
        in_all(lambda answers, name: answers[name]["jsz"]["meta_cluster"].pop("leader")),
        "NoLeader",
        "the meta group has no leader",
    ),
    "two meta leaders": (
        lambda answers: answers["c-0"]["jsz"]["meta_cluster"].update(leader="c-0"),
        "NoLeader",
        "the servers report different meta leaders: c-0, c-1",
    ),
    "foreign meta leader": (
        in_all(lambda answers, name: answers[name]["jsz"]["meta_cluster"].update(leader="d-0")),
        "NoLeader",
        "the meta leader d-0 does not answer",
    ),
    "removed": (
        removed,
        "MembersDiffer",
        "the meta group does not have 3 members: the leader lists 2 and counts 2",
    ),
    "foreign member": (
        of_meta(name="d-2"),
        "MembersDiffer",
        "c-2 is not a member of the meta group",
    ),
    "meta member offline": (of_meta(offline=True), "MemberAway", "c-2 is offline in the meta group"),
    "meta member behind": (of_meta(lag=101), "MemberBehind", "c-2 is 101 operations behind in the meta group"),
    "no leader": (
        in_all(lambda answers, name: stream_of(answers, name)["cluster"].pop("leader")),
        "NoLeader",
        "stream ORDERS has no leader",
    ),
    "two leaders": (
        lambda answers: stream_of(answers, "c-2")["cluster"].update(leader="c-2"),
        "NoLeader",
        "the servers do not agree on the leader of stream ORDERS: c-0, c-2",
    ),
    "leader does not know": (
        lambda answers: stream_of(answers, "c-0")["cluster"].update(leader="c-2"),
        "NoLeader",
        "the servers do not agree on the leader of stream ORDERS: c-0, c-2",
    ),
    "leader that has restarted": (
        lambda answers: stream_of(answers, "c-0")["cluster"].pop("leader"),
        "NoLeader",
        "c-0 does not confirm that it leads stream ORDERS",
    ),
    "lone stream without leader": (
        lambda answers: stream_of(answers, "c-2", "LONE")["cluster"].pop("leader"),
        "NoLeader",
        "stream LONE has no leader",
    ),
    "stream not there yet": (without_orders, "MembersDiffer", "c-2 does not have stream ORDERS yet"),
    "fewer members": (evacuated, "MembersDiffer", "stream ORDERS has 2 instead of 3 members"),
    "stream on a server that is no member": (
        lambda answers: (
            answers["c-0"]["jsz"].update(streams=2),
            answers["c-0"]["jsz"]["account_details"][0]["stream_detail"].append(
                stream("LONE", group("c-2", "c-0", ("c-2",)), 1)
            ),
        ),
        "MembersDiffer",
        "c-0 has stream LONE, but is not a member of its group",
    ),
    "moving": (
        lambda answers: stream_of(answers, "c-0")["cluster"].update(desired={"name": "c"}),
        "Moving",
        "stream ORDERS is being moved",
    ),
    "joining": (of_orders(pending=True), "Moving", "c-2 is joining or leaving in stream ORDERS"),
    "offline": (of_orders(offline=True), "MemberAway", "c-2 is offline in stream ORDERS"),
    "silent": (of_orders(active=5_400_000_000), "MemberAway", "c-2 has been silent for 5 s in stream ORDERS"),
    "behind": (of_orders(lag=4112), "MemberBehind", "c-2 is 4,112 messages behind in stream ORDERS"),
    "never heard": (of_orders(current=False, active=0), "MemberBehind", "c-2 is not current in stream ORDERS"),
    "catching up": (restarted, "MemberBehind", "c-2 is 4,112 messages behind in stream ORDERS"),
    "consumer offline": (
        of_billing(offline=True),
        "MemberAway",
        "c-2 is offline in consumer billing of stream ORDERS",
    ),
    "consumer with one replica too many": (
        lambda answers: consumer_of(answers, "c-1")["config"].update(num_replicas=1),
        "MembersDiffer",
        "consumer billing of stream ORDERS has 3 instead of 1 members",
    ),
    "ephemeral consumer of a workqueue": (
        in_all(lambda answers, name: stream_of(answers, name)["config"].update(retention="workqueue")),
        "MembersDiffer",
        "consumer a8Kx of stream ORDERS has 1 instead of 3 members",
    ),
}


def messages(answers: Answers) -> dict[str, UnsettledReason]:
    found = settled(seen(answers, after=1.0), EXPECTED, seen(answers))
    return {each.message: each.reason for each in found}


@pytest.mark.parametrize(("change", "reason", "message"), TABLE.values(), ids=TABLE.keys())
def test_each_row_is_found_and_said(change: Change, reason: UnsettledReason, message: str) -> None:
    answers = settled_answers()
    change(answers)
    assert messages(answers).get(message) == reason, messages(answers)


FINE: dict[str, Change] = {
    "as it is": lambda _: None,
    "a little behind": of_orders(lag=100, current=False),
    "heard a while ago": of_orders(active=5_000_000_000),
    "no replicas": lambda answers: stream_of(answers, "c-2", "LONE")["cluster"].update(replicas=None),
    "no streams": in_all(
        lambda answers, name: (
            answers[name]["jsz"].update(streams=0),
            answers[name]["jsz"]["account_details"][0].pop("stream_detail"),
        )
    ),
    "followers know less": lambda answers: member_of(stream_of(answers, "c-1")["cluster"], "c-2").update(offline=True),
    "consumer with its own replicas": in_all(
        lambda answers, name: consumer_of(answers, name)["config"].update(num_replicas=3)
    ),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE.keys())
def test_what_a_healthy_cluster_says_is_settled(change: Change) -> None:
    answers = settled_answers()
    change(answers)
    assert messages(answers) == {}


def test_a_member_without_a_name_is_not_taken_for_another() -> None:
    answers = settled_answers()
    stream_of(answers, "c-0")["cluster"]["replicas"][1] = None
    assert set(messages(answers)) == {
        "? does not have stream ORDERS yet",
        "c-2 has stream ORDERS, but is not a member of its group",
    }


def test_streams_of_two_accounts_with_the_same_name_are_two_streams() -> None:
    answers = settled_answers()
    for name in ("c-0", "c-1"):
        lone = stream("LONE", group(name, name, (name,)), 1)
        own = {"name": "shop", "id": f"A{name}", "stream_detail": [lone]}
        answers[name]["jsz"]["account_details"].append(own)
        answers[name]["jsz"] |= {"accounts": 2, "streams": 2}
    assert messages(answers) == {}
    lone["cluster"].pop("leader")
    assert messages(answers) == {"stream LONE of account shop has no leader": "NoLeader"}


def test_a_server_that_does_not_answer_is_named_and_its_groups_are_not() -> None:
    answers = settled_answers()
    for reported in (stream_of(answers, "c-0")["cluster"], answers["c-1"]["jsz"]["meta_cluster"]):
        member_of(reported, "c-2")["offline"] = True
    away = Observation("c-2", silence="not within 5 s")
    now, before = [*seen(answers, after=1.0)[:2], away], [*seen(answers)[:2], away]
    assert [each.message for each in settled(now, EXPECTED, before)] == ["c-2 does not answer"]
    assert [each.message for each in settled(now[:2], EXPECTED, before[:2])] == ["c-2 does not exist"]


def test_a_leader_that_does_not_answer_is_named_once() -> None:
    answers = settled_answers()
    found = look([Observation("c-0", silence="not within 5 s"), *seen(answers)[1:]], EXPECTED)
    assert [each.message for each in found] == ["c-0 does not answer"]


def test_a_server_of_another_revision_is_found() -> None:
    answers = settled_answers()
    now, before = seen(answers, after=1.0), seen(answers)
    found = settled(now, EXPECTED | {"c-1": "c-6d5f"}, before)
    assert [(each.reason, each.message) for each in found] == [
        ("ServerOutdated", "c-1 does not run the latest revision")
    ]


@pytest.mark.parametrize("after", [0.0, 0.9, -10.0])
def test_looks_that_are_not_a_second_apart_do_not_count(after: float) -> None:
    answers = settled_answers()
    found = settled(seen(answers, after=after), EXPECTED, seen(answers))
    assert [each.reason for each in found] == ["SeenOnce"]


def test_one_look_or_one_with_a_finding_before_does_not_count() -> None:
    answers = settled_answers()
    now = seen(answers, after=1.0)
    assert [each.reason for each in settled(now, EXPECTED)] == ["SeenOnce"]
    of_orders(offline=True)(answers)
    assert [each.reason for each in settled(now, EXPECTED, seen(answers))] == ["SeenOnce"]


def test_an_answer_that_comes_twice_does_not_count() -> None:
    """As of a proxy that keeps answers: every server must have answered anew."""
    answers = settled_answers()
    before, now = seen(answers), seen(answers, after=1.0)
    assert [each.reason for each in settled([*now[:2], before[2]], EXPECTED, before)] == ["SeenOnce"]


def test_a_member_must_have_stored_what_the_leader_had_a_look_before() -> None:
    before, after = settled_answers(), settled_answers()
    stream_of(before, "c-0")["state"]["last_seq"] = 9_000
    found = settled(seen(after, after=1.0), EXPECTED, seen(before))
    assert {each.message for each in found} == {
        f"{name} is 4,000 messages behind in stream ORDERS" for name in ("c-0", "c-1", "c-2")
    }


def test_a_single_server_has_no_groups() -> None:
    def lone(after: float) -> Observation:
        answers = settled_answers()
        for each in (answers["c-2"]["jsz"], *answers["c-2"]["jsz"]["account_details"][0]["stream_detail"]):
            each.pop("meta_cluster", None)
            each.pop("cluster", None)
        return seen({"c-2": answers["c-2"]}, after=after)[0]

    assert settled([lone(1.0)], {"c-2": ""}, [lone(0.0)]) == ()
    assert settled([lone(1.0)], {"c-2": "", "c-3": ""}, [lone(0.0)]) != ()


def test_a_cluster_of_no_servers_is_not_settled() -> None:
    assert settled([], {}, []) != ()


def test_a_reason_of_the_shell_is_the_silence() -> None:
    found = observe("c-0", Unreachable("not within 5 s"), None, None)
    assert found == Observation("c-0", silence="not within 5 s")


def test_control_characters_do_not_reach_the_terminal() -> None:
    answers = settled_answers()
    answers["c-2"]["health"] = {"error": "\x1b[2J"}
    assert list(messages(answers)) == ["c-2 is not healthy (\\x1b[2J)"]
