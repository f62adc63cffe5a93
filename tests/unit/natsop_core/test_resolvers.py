"""Accounts in full resolvers: what is asked of the servers, what is pushed to them, and what the status says of it."""

from __future__ import annotations

import pytest

from natsop_core.actions import Request
from natsop_core.inputs import HttpAnswer
from natsop_core.references import ObjectKey
from tests import tokens
from tests.tokens import ISSUED
from tests.unit.natsop_core.resolver_cases import (
    CREDS,
    OPERATOR,
    ORDERS,
    OTHER_OPERATOR,
    accounts,
    holds,
    jwts,
    loaded,
    newer,
    rotate,
    running,
    spec,
    use,
)
from tests.unit.natsop_core.resolver_world import Life
from tests.unit.natsop_core.world import conditions, message

PUSH = "push the claims of account orders"


def test_a_rotated_jwt_is_pushed_once_and_confirmed_by_every_server() -> None:
    life = running()
    rotate(life, orders=newer(ORDERS))
    first, second = life.turn(), life.turn()
    assert first.pushed == [PUSH]
    assert loaded(first)[0] == "False"
    assert holds(life) == {newer(ORDERS)}
    assert second.pushed == []
    assert loaded(second) == ("True", "Loaded")
    assert conditions(second.status)["Ready"] == ("True", "Ready")


def test_until_every_server_has_it_the_configuration_is_not_loaded() -> None:
    life = running()
    life.servers["c-1"].is_reachable = False
    rotate(life, orders=newer(ORDERS))
    life.turn()
    life.turn()
    life.servers["c-1"].is_reachable = True
    behind = life.turn()
    assert behind.pushed == [PUSH], "it was out of reach, and is told now"
    assert (loaded(behind), conditions(behind.status)["Progressing"]) == (
        ("False", "ClaimsPending"),
        ("True", "ClaimsPending"),
    )
    assert message(behind.status, "ConfigurationLoaded") == "c-1 has not loaded the new JWT of account orders yet."
    assert loaded(life.turn()) == ("True", "Loaded")


def test_at_rest_nothing_is_asked_of_accounts_and_nothing_pushed() -> None:
    life = running()
    status = life.status
    turn = life.turn()
    assert turn.asked == ["c-0/varz", "c-1/varz", "c-2/varz"]
    assert turn.pushed == []
    assert turn.status == status


def test_of_64_accounts_a_change_of_one_costs_one_push_and_one_question_to_each_server() -> None:
    many = accounts(62)
    life = Life(spec(*many), jwts(*many))
    for each in many:
        use(life, each)
    life.objects[ObjectKey("v1", "Secret", "prod", "jwt")] = jwts(*many, a7=newer(many[7]))
    turns = [life.turn() for _ in range(3)]
    assert [turn.pushed for turn in turns] == [["push the claims of account a7"], [], []]
    assert [len([each for each in turn.asked if "accountz" in each]) for turn in turns] == [3, 3, 0]


def test_after_a_restart_a_server_is_asked_again_and_the_others_are_not() -> None:
    life = running()
    life.servers["c-1"].restart("2026-01-02T04:00:00Z")
    turn = life.turn()
    assert {each.partition("/")[0] for each in turn.asked if "accountz" in each} == {"c-1"}
    assert loaded(turn) == ("True", "Loaded")
    assert not [each for each in life.turn().asked if "accountz" in each]


def test_a_lost_status_is_asked_for_again_and_nothing_is_pushed() -> None:
    life = running()
    before, life.status = life.status["resolver"], {}
    turn = life.turn()
    assert len([each for each in turn.asked if "accountz" in each]) == 6
    assert turn.pushed == []
    assert turn.status["resolver"] == before


def test_a_newer_jwt_that_somebody_else_has_pushed_is_left_alone() -> None:
    life = running()
    theirs = newer(ORDERS, seconds=100)
    for server in life.servers.values():
        server.store(theirs)
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert turn.pushed == []
    assert holds(life) == {theirs}
    assert loaded(life.turn()) == ("True", "Loaded")


def test_another_jwt_of_the_same_second_is_pushed() -> None:
    life = running()
    other = newer(ORDERS, seconds=0, jetstream=True)
    rotate(life, orders=other)
    assert life.turn().pushed == [PUSH]
    assert holds(life) == {other}


def test_an_account_that_nobody_uses_needs_the_reload_alone() -> None:
    life = Life(spec(), jwts())
    life.kubelets_sync = False
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert turn.pushed == []
    assert loaded(turn)[0] == "False"
    life.kubelets_sync = True
    life.turn()
    assert loaded(life.turn()) == ("True", "Loaded")
    use(life)
    assert holds(life) == {newer(ORDERS)}


def test_one_that_is_used_before_the_file_arrives_is_pushed() -> None:
    life = Life(spec(), jwts())
    life.kubelets_sync = False
    rotate(life, orders=newer(ORDERS))
    life.turn()
    use(life)
    assert life.turn().pushed == [PUSH]
    assert holds(life) == {newer(ORDERS)}


def test_servers_that_do_not_tell_their_configuration_are_told_once_of_accounts_that_nobody_uses() -> None:
    life = Life(spec(), jwts(), version="2.10.26")
    rotate(life, orders=newer(ORDERS))
    turns = [life.turn() for _ in range(3)]
    assert [turn.pushed for turn in turns] == [[PUSH], [], []]
    assert [len([each for each in turn.asked if "accountz" in each]) for turn in turns] == [3, 0, 0]


def test_a_new_account_is_there_with_the_reload() -> None:
    life = running()
    new = tokens.account("new")
    life.spec = {"replicas": 3, **spec(new)}
    life.objects[ObjectKey("v1", "Secret", "prod", "jwt")] = jwts(new)
    life.settle()
    assert all(new.public_key in server.directory for server in life.servers.values())
    assert loaded(life.turn()) == ("True", "Loaded")


# Without credentials


def test_without_credentials_a_condition_says_that_a_restart_is_needed() -> None:
    life = running(creds=False)
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert turn.pushed == []
    assert conditions(turn.status)["Degraded"] == ("True", "ClaimsNotPushed")
    assert loaded(turn) == ("False", "ClaimsNotPushed")
    assert "kubectl rollout restart statefulset c." in message(turn.status, "ConfigurationLoaded")
    assert conditions(life.turn().status)["Stalled"] == ("True", "ClaimsNotPushed")


def test_the_restart_ends_it() -> None:
    life = running(creds=False)
    rotate(life, orders=newer(ORDERS))
    life.turn()
    for server in life.servers.values():
        server.restart("2026-01-02T05:00:00Z")
        server.use(ORDERS.public_key)
    turn = life.turn()
    assert loaded(turn) == ("True", "Loaded")
    assert conditions(turn.status)["Degraded"] == ("False", "AsExpected")


def test_credentials_that_are_missing_are_found() -> None:
    life = running()
    jwt = life.spec["auth"]["jwt"]
    jwt["accounts"][0]["userCreds"] = {"name": "absent", "key": "creds"}
    assert conditions(life.turn().status)["Degraded"] == ("True", "SecretNotFound")


# What the servers answer


def test_an_error_in_the_answer_is_told_in_the_servers_words() -> None:
    life = running()
    life.refusal = "jwt update resulted in error"
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert conditions(turn.status)["Degraded"] == ("True", "PushRefused")
    assert message(turn.status, "Degraded") == (
        "The servers reject the new JWT of account orders: jwt update resulted in error."
    )
    life.refusal = ""
    assert life.turn().pushed == [PUSH]
    assert loaded(life.turn()) == ("True", "Loaded")


def test_a_token_in_the_answer_is_not_repeated() -> None:
    life = running()
    life.refusal = f"cannot take {newer(ORDERS)}"
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert "eyJ" not in str(turn.status)
    assert "eyJ" not in repr(turn.plan)
    assert CREDS not in repr(turn.plan.actions)


@pytest.mark.parametrize(
    "answer", [HttpAnswer(500, b""), HttpAnswer(200, b"[]"), HttpAnswer(200, b'{"account_detail": 1}')]
)
def test_an_answer_that_says_nothing_confirms_nothing(answer: HttpAnswer) -> None:
    life = running()
    rotate(life, orders=newer(ORDERS))
    true_answer = life.servers["c-0"].answer
    life.servers["c-0"].answer = lambda path: answer if "accountz" in path else true_answer(path)  # type: ignore[method-assign]
    life.turn()
    assert loaded(life.turn()) == ("False", "ClaimsPending")


def test_a_server_that_trusts_another_operator_is_not_told() -> None:
    life = running()
    for server in life.servers.values():
        server.trusts = (OTHER_OPERATOR.public_key,)
    rotate(life, orders=newer(ORDERS))
    assert life.turn().pushed == []
    for server in life.servers.values():
        server.trusts = (OPERATOR.public_key,)
    assert life.turn().pushed == [PUSH]


def test_a_bad_jwt_is_not_pushed() -> None:
    life = running()
    for bad in ("garbage", newer(ORDERS, OTHER_OPERATOR), newer(ORDERS, expires=ISSUED + 2)):
        rotate(life, orders=bad)
        turn = life.turn()
        assert turn.pushed == []
        assert conditions(turn.status)["Degraded"][0] == "True"
        assert loaded(turn) == ("True", "Loaded")


def test_a_memory_resolver_is_asked_nothing() -> None:
    life = Life(spec(type="memory"), jwts())
    use(life)
    rotate(life, orders=newer(ORDERS))
    turn = life.turn()
    assert not [each for each in turn.asked if "accountz" in each]
    assert turn.pushed == []
    assert "resolver" not in turn.status


def test_a_request_names_the_account_and_goes_to_running_servers() -> None:
    life = running()
    rotate(life, orders=newer(ORDERS))
    [request] = [each for each in life.turn().plan.actions if isinstance(each, Request)]
    assert str(request.key) == f"NatsCluster prod/c: {PUSH}"
    assert request.servers == ("nats://10.0.0.0:4222", "nats://10.0.0.1:4222", "nats://10.0.0.2:4222")
    assert request.credentials.creds == CREDS
