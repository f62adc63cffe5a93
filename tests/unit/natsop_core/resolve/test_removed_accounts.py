"""Accounts that were removed from the spec, and that full resolvers keep."""

from __future__ import annotations

from natsop_core.names import REMOVED_ACCOUNTS_ANNOTATION
from natsop_core.references import ObjectKey
from tests.unit.natsop_core.resolver_cases import ORDERS, jwts, running, spec
from tests.unit.natsop_core.resolver_world import Life
from tests.unit.natsop_core.world import conditions, message


def without_orders(life: Life) -> None:
    life.spec["auth"]["jwt"]["accounts"] = life.spec["auth"]["jwt"]["accounts"][:1]


def test_a_removed_account_is_named_until_the_servers_know_it_no_more() -> None:
    life = running()
    without_orders(life)
    first, second = life.turn(), life.turn()
    for turn in (first, second):
        assert conditions(turn.status)["AccountsNotRemoved"] == ("True", "KeptByResolver")
        assert ORDERS.public_key in message(turn.status, "AccountsNotRemoved")
        assert "allowDelete" in message(turn.status, "AccountsNotRemoved")
        assert turn.pushed == [f"look up the removed account {ORDERS.public_key}"]
    assert second.report.requeue_after == 60
    for server in life.servers.values():
        del server.directory[ORDERS.public_key]
    assert "AccountsNotRemoved" not in conditions(life.turn().status)
    life.turn()
    last = life.turn()
    assert last.pushed == []
    assert "gone" not in last.status["resolver"]


def test_it_is_remembered_though_the_status_is_lost() -> None:
    life = running()
    without_orders(life)
    life.turn()
    life.status = {}
    assert conditions(life.turn().status)["AccountsNotRemoved"] == ("True", "KeptByResolver")


def test_what_somebody_has_put_in_its_place_is_no_account() -> None:
    life = running()
    without_orders(life)
    life.turn()
    auth = life.objects[ObjectKey("v1", "Secret", "prod", "c-auth")]
    auth["metadata"]["annotations"][REMOVED_ACCOUNTS_ANNOTATION] += ",x.>"
    assert "x.>" not in str(life.turn().pushed)


def test_one_that_is_wanted_again_is_no_removed_one() -> None:
    life = running()
    without_orders(life)
    life.turn()
    life.spec = {"replicas": 3, **spec()}
    assert "AccountsNotRemoved" not in conditions(life.turn().status)


def test_without_credentials_nobody_can_see_that_it_is_gone() -> None:
    life = running(creds=False)
    without_orders(life)
    turn = life.turn()
    assert "userCreds" in message(turn.status, "AccountsNotRemoved")
    assert turn.pushed == []


def test_a_memory_resolver_keeps_no_removed_account() -> None:
    life = Life(spec(type="memory"), jwts())
    without_orders(life)
    assert "AccountsNotRemoved" not in conditions(life.turn().status)
