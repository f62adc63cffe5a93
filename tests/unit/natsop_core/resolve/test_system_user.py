"""The system user: a key that is made once and kept, and whose public half alone the servers get."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, Final

import pytest

from natsop_core.conf import Block, parse
from natsop_core.conf.nkeys import KeyPair, is_public_key, user_key, user_key_of
from natsop_core.inputs import Forbidden
from natsop_core.kinds import CONFIG_MAPS, SECRETS, STATEFUL_SETS
from natsop_core.plan import Plan
from natsop_core.references import ObjectRef
from tests.unit.natsop_core.resolve.system_users import INCLUDING, ON, including
from tests.unit.natsop_core.world import NAMESPACE, Object, applied, cluster, inputs, one_of, plan_of, secret

BOTH_LISTENERS: Final[Object] = {"config": {"leafnodes": {"enabled": True}, "gateway": {"enabled": True}}}

SYSTEM: Final = SECRETS.key(NAMESPACE, "c-system")
CONFIG: Final = CONFIG_MAPS.key(NAMESPACE, "c-config")


def planned(wanted: Object, *objects: Object, entropy: bytes = b"1") -> Plan:
    cr = cluster(wanted)
    return plan_of(cr, replace(inputs(cr, *objects), entropy=entropy))


def key_of(plan: Plan) -> KeyPair | None:
    return user_key_of(seed_of(plan))


def seed_of(plan: Plan) -> str:
    return base64.b64decode(one_of(plan.apply, "Secret", "c-system")["data"]["user.nk"]).decode()


def accounts_of(plan: Plan) -> Any:
    return configuration(plan).get("accounts")


def configuration(plan: Plan) -> Block:
    return parse(one_of(plan.apply, "ConfigMap", "c-config")["data"]["nats.conf"], "nats.conf")


def template_of(plan: Plan) -> Object:
    return dict(one_of(plan.apply, "StatefulSet")["spec"]["template"])


def test_the_servers_get_the_public_key_and_the_secret_has_the_private_one() -> None:
    plan = planned(ON)
    key = key_of(plan)
    assert key is not None
    assert accounts_of(plan) == Block(("$SYS", Block(users=(Block(nkey=key.public_key),))))
    assert configuration(plan).get("system_account") is None
    assert key.seed not in str([each for each in plan.apply if each["kind"] != "Secret"])


def test_pods_know_nothing_of_it_so_that_it_is_switched_on_without_a_restart() -> None:
    assert template_of(planned(ON)) == template_of(planned({}))


def test_where_the_system_account_has_a_name_the_user_is_in_that_one() -> None:
    plan = planned(ON | BOTH_LISTENERS)
    assert list(accounts_of(plan)) == ["SYS"]
    assert configuration(plan)["system_account"] == "SYS"
    assert template_of(plan) == template_of(planned(BOTH_LISTENERS))


def test_the_key_is_made_once_and_kept() -> None:
    first = planned(ON)
    live = applied(one_of(first.apply, "Secret", "c-system"))
    assert planned(ON, live, entropy=b"2").apply == first.apply
    assert key_of(planned(ON, entropy=b"2")) != key_of(first), "made anew when the Secret is gone"
    live["metadata"].pop("ownerReferences")  # as an orphan of ours
    assert planned(ON, live, entropy=b"3").apply == first.apply


@pytest.mark.parametrize("value", ["", "%%%", "c2hvcnQ=", base64.b64encode(b"SU" + b"A" * 56).decode()])
def test_a_key_that_somebody_spoiled_is_made_anew(value: str) -> None:
    live = applied(one_of(planned(ON).apply, "Secret", "c-system"))
    live["data"] = {"user.nk": value}
    assert key_of(planned(ON, live, entropy=b"2")) == key_of(planned(ON, entropy=b"2"))


def test_the_servers_wait_for_the_secret_with_a_key_that_was_just_made() -> None:
    plan = planned(ON)
    assert SYSTEM in plan.after[CONFIG]
    assert plan.targets.index(SYSTEM) < plan.targets.index(CONFIG)
    assert CONFIG in plan.after[STATEFUL_SETS.key(NAMESPACE, "c")]


def test_beside_a_stranger_s_secret_nobody_has_the_key_and_nothing_waits() -> None:
    theirs = secret("c-system", **{"user.nk": user_key(b"x" * 32).seed})
    one, other = planned(ON, theirs), planned(ON, theirs, entropy=b"2")
    assert one.apply == other.apply
    assert SYSTEM in one.targets, "it is told that the name is taken"
    assert SYSTEM not in one.after.get(CONFIG, ())
    assert user_key(b"x" * 32).public_key not in str(one.apply)


def test_what_is_rendered_without_chance_has_a_key_that_nobody_can_make_again() -> None:
    plan = planned(ON, entropy=b"")
    [user] = accounts_of(plan)["$SYS"]["users"]
    assert is_public_key(user["nkey"], "user")
    assert key_of(plan) is None


def test_without_the_right_to_read_the_secret_nothing_is_changed() -> None:
    cr = cluster(ON)
    plan = plan_of(cr, replace(inputs(cr), found={**inputs(cr).found, ObjectRef(SYSTEM): Forbidden("no")}))
    assert not plan.apply


@pytest.mark.parametrize(
    ("text", "is_made"),
    [
        ("accounts { A: {} }", False),
        ("ACCOUNTS { A: {} }", False),
        ("accounts { S: {} }\nsystem_account: S", False),
        ("no_system_account: true", False),
        ("authorization { token: x }", False),
        ("authorization { user: u, password: p }", False),
        ("authorization { timeout: 3 }", False),
        ("authorization { users: [ { user: u, password: p } ] }", True),
        ("max_payload: 1MB", True),
    ],
)
def test_it_is_made_only_where_nobody_else_says_who_clients_are(text: str, is_made: bool) -> None:
    plan = planned(INCLUDING, including(text))
    assert (SYSTEM in plan.targets) == is_made
    assert (accounts_of(plan) is not None) == is_made


def test_neither_the_inputs_nor_the_plan_show_the_private_key() -> None:
    cr = cluster(ON)
    seen = replace(inputs(cr), entropy=b"secret-entropy")
    plan = plan_of(cr, seen)
    shown = f"{seen!r}{plan!r}{plan.decision!r}"
    assert seed_of(plan) not in shown
    assert "secret-entropy" not in shown
