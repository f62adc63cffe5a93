"""`natsop status`: from what the API server and the servers answer to what a person reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from natsop_core.inputs import HttpAnswer
from natsop_core.inspect.overview import overview
from natsop_core.inspect.screen import WIDTH, status_screen
from natsop_core.names import PAUSED_ANNOTATION
from natsop_core.reasons import REASONS
from tests.unit.natsop_core.inspect.answers import (
    GROUP,
    READY,
    TARGET,
    World,
    ask,
    condition,
    jsz,
    resource,
    said,
    stream,
)
from tests.unit.natsop_core.trio import NAMES


def seen(world: World) -> dict[str, Any]:
    found, _ = ask(world, lambda view: overview(TARGET, view))
    assert found is not None
    json.dumps(found)
    assert max(map(len, status_screen(found).splitlines())) <= WIDTH
    return found


LATEST = {"controller-revision-hash": "c-6d5f"}


def reasons(found: dict[str, Any], level: str = "problem") -> list[str]:
    return [each["reason"] for each in found["problems"] if each["level"] == level]


def test_a_healthy_cluster_shows_quorum_servers_meta_leader_and_streams() -> None:
    found = seen(World())
    assert (found["healthy"], found["problems"]) == (True, [])
    assert found["quorum"] == {"pods": 3, "wanted": 3, "ready": 3, "needed": 2, "holds": True}
    assert found["jetStream"]["metaGroup"]["leader"] == "c-0"
    assert found["jetStream"]["streams"] == [
        {
            "account": "$G", "stream": "ORDERS", "messages": 5, "bytes": 230, "consumers": 1,
            "leader": "c-0", "replicas": 3, "current": 3, "problem": "",
        }
    ]  # fmt: skip
    screen = status_screen(found)
    for words in ("Ready: True (Ready)", "3 of 3 ready, 2 needed", "No problems found.", "meta leader c-0"):
        assert words in screen


def test_a_cluster_whose_servers_were_looked_at_twice_is_settled() -> None:
    world = World()
    found = seen(world)
    assert (found["settled"], found["unsettled"]) == (True, [])
    assert "  Settled:    yes\n" in status_screen(found)
    looks = [request.again for request in world.asked if "/pods/c-1:" in request.path and "jsz" in request.path]
    assert looks == [False, True]


def test_what_keeps_a_cluster_from_being_settled_is_said_in_one_line_and_costs_one_look() -> None:
    world = World(jsz=jsz(stream(lag=4112), stream("INVOICES", leader="")), silent=("/pods/c-1:",))
    found = seen(world)
    assert found["settled"] is False
    assert found["unsettled"][0] == {"reason": "ServerSilent", "message": "c-1 does not answer"}
    assert (
        "  Settled:    no: c-1 does not answer; stream INVOICES has no leader; c-2 is 4,112 messages behind\n"
        "              in stream ORDERS\n"
    ) in status_screen(found)
    assert not any(request.again for request in world.asked)


def test_of_many_reasons_the_first_three_are_shown() -> None:
    found = seen(World(jsz=jsz(*(stream(f"S{number}", lag=200) for number in range(9)))))
    assert len(found["unsettled"]) == 9
    assert "and 6 more" in status_screen(found)


def test_a_server_that_falls_behind_between_the_looks_is_found() -> None:
    stored = [stream() for _ in NAMES]
    for each, last_sequence in zip(stored, (5_000, 5_000, 0), strict=True):
        each["state"]["last_seq"] = last_sequence
    world = World(jsz_of={name: jsz(each) for name, each in zip(NAMES, stored, strict=True)})
    assert [each["message"] for each in seen(world)["unsettled"]] == ["c-2 is 5,000 messages behind in stream ORDERS"]


def test_a_pod_of_an_older_revision_keeps_a_cluster_from_being_settled() -> None:
    world = World(revision="c-6d5f")
    assert [each["message"] for each in seen(world)["unsettled"]] == [
        f"{name} does not run the latest revision" for name in ("c-0", "c-1", "c-2")
    ]
    world.pods = tuple({**each, "metadata": each["metadata"] | {"labels": LATEST}} for each in world.pods)
    assert seen(world)["settled"] is True


def test_servers_without_jetstream_are_settled_when_all_have_routes_to_each_other() -> None:
    off = {"server_id": "NDA", "disabled": True, "config": {}}
    routes = {name: {"routes": [{"remote_name": each} for each in NAMES if each != name]} for name in NAMES}
    found = seen(World(jsz=off, routes=routes))
    assert (found["settled"], found["jetStream"]) == (True, None)
    routes["c-1"] = {"routes": [{"remote_name": "c-0"}]}
    assert [each["message"] for each in seen(World(jsz=off, routes=routes))["unsettled"]] == ["c-1 has no route to c-2"]


def test_a_refusal_is_shown_with_reason_message_and_remedy() -> None:
    refused = condition("Degraded", "True", "UnsafeScale", "3 to 1 would lose streams.")
    not_ready = condition("Ready", "False", "UnsafeScale", "3 to 1 would lose streams.")
    found = seen(World(cr=resource(not_ready, refused)))
    assert reasons(found) == ["UnsafeScale"]
    assert found["problems"][0]["remedy"] == REASONS["UnsafeScale"].remedy
    assert "✗ UnsafeScale: 3 to 1 would lose streams." in status_screen(found)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"offline": True}, "c-2 is offline"),
        ({"current": False, "lag": 101}, "c-2 is 101 messages behind"),
        ({"lag": 4000}, "c-2 is 4,000 messages behind"),
        ({"current": False}, "c-2 is not current"),
        ({"active": 6_000_000_000}, "c-2 has been silent for 6 s"),
    ],
)
def test_a_stream_whose_replica_is_behind_or_away_is_a_problem(change: dict[str, Any], problem: str) -> None:
    found = seen(World(jsz=jsz(stream("FINE"), stream(**change))))
    assert reasons(found) == ["StreamsNotCurrent"]
    first = found["jetStream"]["streams"][0]
    assert (first["stream"], first["problem"], first["current"]) == ("ORDERS", problem, 2)
    assert f"1 of 2 streams have a problem: $G/ORDERS ({problem})" in found["problems"][0]["message"]


def test_of_a_stream_its_leader_s_word_counts_whoever_is_asked_first() -> None:
    followers = jsz(stream(leader="c-2", current=False))
    leaders = jsz(stream(leader="c-2"))
    assert seen(World(jsz=followers, jsz_of={"c-2": leaders}))["healthy"]
    fine = jsz(stream(leader="c-2"))
    assert not seen(World(jsz=fine, jsz_of={"c-2": jsz(stream(leader="c-2", offline=True))}))["healthy"]


@pytest.mark.parametrize("current", [True, False])
def test_a_replica_that_is_a_little_behind_is_none(current: bool) -> None:
    assert seen(World(jsz=jsz(stream(lag=30, current=current))))["healthy"]


def test_a_stream_without_a_leader_is_a_problem_and_one_whose_leader_is_silent_is_not_judged() -> None:
    found = seen(World(jsz=jsz(stream(leader=""))))
    assert "no leader" in found["jetStream"]["streams"][0]["problem"]
    elsewhere = seen(World(jsz=jsz(stream(leader="away"))))
    assert elsewhere["jetStream"]["streams"][0]["current"] is None
    assert "? of 3" in status_screen(elsewhere)


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ({**GROUP, "leader": ""}, "MetaLeaderUnknown"),
        ({**GROUP, "replicas": [{"name": "c-2", "offline": True}]}, "PeersOffline"),
    ],
)
def test_a_meta_group_without_leader_or_member_is_a_problem(group: dict[str, Any], reason: str) -> None:
    assert reasons(seen(World(jsz=jsz(stream(), group=group)))) == [reason]


def test_without_the_right_to_ask_servers_the_rest_is_shown_and_the_right_is_named() -> None:
    found = seen(World(refused=("/proxy/",)))
    assert (found["healthy"], found["jetStream"], found["settled"]) == (True, None, None)
    screen = status_screen(found)
    assert 'which needs the right "get pods/proxy"' in screen
    assert "unknown" in screen
    assert "3 of 3 ready" in screen


def test_without_the_right_to_read_the_stateful_set_it_is_unknown_whether_the_cluster_is_settled_and_has_quorum() -> (
    None
):
    found = seen(World(refused=("/statefulsets/",)))
    assert (found["healthy"], found["settled"], found["unsettled"], found["quorum"]["holds"]) == (True, None, [], None)
    assert "StatefulSet c: Not allowed" in status_screen(found)
    assert not {"Quorum:", "Settled:"} & set(status_screen(found).split())


def test_what_does_not_answer_in_time_is_named_and_the_rest_is_shown() -> None:
    found = seen(World(silent=("/pods/c-1:",)))
    assert found["notKnown"] == {"server c-1": "No answer: not within 5 s."}
    assert [row["answers"] for row in found["servers"]] == [True, False, True]
    assert found["healthy"]


def test_a_server_that_says_it_is_not_healthy_is_a_problem_in_its_words() -> None:
    unhealthy = said({"status": "unavailable", "error": "JetStream is not current with the meta leader"}, 503)
    found = seen(World(health={"c-1": unhealthy}))
    assert reasons(found) == ["Unhealthy"]
    assert "c-1 is not healthy: JetStream is not current with the meta leader" in found["problems"][0]["message"]


def test_an_edit_that_is_not_handled_is_a_problem_unless_it_is_paused() -> None:
    assert reasons(seen(World(cr=resource(generation=2)))) == ["NotHandled"]
    told = (*READY, condition("Paused", "True", "Paused"))
    paused = seen(World(cr=resource(*told, generation=2, annotations={PAUSED_ANNOTATION: "true"})))
    assert (paused["healthy"], paused["paused"], reasons(paused, "warning")) == (True, True, ["Paused"])


def test_a_resource_that_nobody_reports_on_is_a_problem() -> None:
    silent = {key: value for key, value in resource().items() if key != "status"}
    assert reasons(seen(World(cr=silent))) == ["NotReported"]


def test_a_word_that_does_not_pause_is_warned_of() -> None:
    found = seen(World(cr=resource(annotations={PAUSED_ANNOTATION: "yes"})))
    assert (found["healthy"], reasons(found, "warning")) == (True, ["NotPaused"])


def test_a_resource_that_does_not_exist_or_may_not_be_read_has_no_overview() -> None:
    found, view = ask(World(cr=None), lambda view: overview(TARGET, view))
    assert (found, view.failures) == (None, {})
    found, view = ask(World(refused=("natsclusters",)), lambda view: overview(TARGET, view))
    assert found is None
    assert view.failures[str(TARGET)].startswith("Not allowed: ")


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"account_details": 7, "meta_cluster": [], "config": 1}'])
def test_whatever_listens_at_a_pod_may_answer_anything(body: bytes) -> None:
    world = World()
    answer = world.answer

    def nonsense(request: Any) -> Any:
        reply = answer(request)
        return HttpAnswer(200, body) if "/proxy/" in request.path else reply

    world.answer = nonsense  # type: ignore[method-assign]
    found = seen(world)
    assert (found["healthy"], found["settled"]) == (True, False)


def test_many_streams_fit_on_a_screen_and_those_with_problems_come_first() -> None:
    many = [stream(f"S{number:03}") for number in range(200)]
    found = seen(World(jsz=jsz(*many, stream("ZZZ", offline=True))))
    screen = status_screen(found)
    assert found["jetStream"]["streams"][0]["stream"] == "ZZZ"
    assert "… and 186 more" in screen
    assert len(screen.splitlines()) < 45
