"""Decentralized authentication: what becomes of JWTs that are bad or missing."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from natsop_core.names import RESTART_ANNOTATION
from natsop_core.plan import Plan
from natsop_core.resolve.auth import auth_secret_key
from tests import tokens
from tests.tokens import Identity, account_jwt, operator_jwt
from tests.unit.natsop_core.resolve.jwt_clusters import (
    APP,
    EARLIER,
    GOOD,
    LATER,
    OPERATOR,
    OTHER,
    SIGNER,
    SYSTEM,
    auth_files,
    degraded,
    jwts,
    running,
    spec,
)
from tests.unit.natsop_core.trio import plan_for, status_of
from tests.unit.natsop_core.world import cluster, conditions, message, one_of, secret

BAD_OPERATORS = {
    "JwtMalformed": [
        "no JWT",
        account_jwt(APP, OPERATOR),
        OPERATOR.seed,
        operator_jwt(OPERATOR, signing_keys=[APP.public_key]),
    ],
    "JwtUntrusted": [operator_jwt(OPERATOR)[:-4] + "AAAA"],
    "OperatorNotSelfSigned": [operator_jwt(OPERATOR, by=SIGNER)],
    "JwtExpired": [operator_jwt(OPERATOR, expires=EARLIER)],
    "OtherSystemAccount": [operator_jwt(OPERATOR, system_account=APP.public_key)],
}
BAD_ACCOUNTS: dict[str, Callable[[Identity], list[str]]] = {
    "JwtMalformed": lambda who: ["no JWT", operator_jwt(OPERATOR), tokens.user_jwt(tokens.user(), who)],
    "JwtUntrusted": lambda who: [account_jwt(who, SIGNER), account_jwt(who, OPERATOR)[:-4] + "AAAA"],
    "JwtSubjectMismatch": lambda _: [account_jwt(OTHER, OPERATOR)],
    "JwtExpired": lambda who: [account_jwt(who, OPERATOR, expires=EARLIER)],
    "JwtNotYetValid": lambda who: [
        OPERATOR.sign(tokens.claims_of(who, OPERATOR) | {"nbf": LATER}),
    ],
}
BAD = [
    *[(reason, "operator", bad) for reason, each in BAD_OPERATORS.items() for bad in each],
    *[(reason, "system", bad) for reason, each in BAD_ACCOUNTS.items() for bad in each(SYSTEM)],
    ("SystemAccountHasJetStream", "system", account_jwt(SYSTEM, OPERATOR, jetstream=True)),
]


@pytest.mark.parametrize(("reason", "key", "bad"), BAD, ids=[f"{key} {reason}" for reason, key, _ in BAD])
def test_without_operator_and_system_account_nothing_is_built(reason: str, key: str, bad: str) -> None:
    assert plan_for(spec(), jwts(**{key: bad})) == Plan()
    seen = status_of(spec(), jwts(**{key: bad}))
    assert degraded(spec(), jwts(**{key: bad})) == reason
    assert f"key {key} of Secret jwt" in message(seen, "Degraded")
    assert message(seen, "Degraded").endswith("Until then, no object is changed.")
    assert bad not in str(seen)


def test_a_running_cluster_without_authentication_keeps_its_configuration() -> None:
    live = running({})
    done = plan_for(spec(), jwts(operator="bad"), *live)
    assert not done.apply
    assert not done.prune
    assert len(done.keep) == len(live)


@pytest.mark.parametrize(("reason", "key", "bad"), BAD, ids=[f"{key} {reason}" for reason, key, _ in BAD])
def test_a_bad_rotation_keeps_the_last_good_secret_and_all_else_goes_on(reason: str, key: str, bad: str) -> None:
    live = running(spec(), jwts())
    done = plan_for({**spec(), "global": {"labels": {"a": "b"}}}, jwts(**{key: bad}), *live)
    assert done.keep == (auth_secret_key(cluster(spec())),)
    assert not done.prune
    before, after = (one_of(each, "StatefulSet") for each in (live, done.apply))
    digests = [each["spec"]["template"]["metadata"]["annotations"][RESTART_ANNOTATION] for each in (before, after)]
    assert digests[0] == digests[1]
    assert after["metadata"]["labels"]["a"] == "b"
    assert degraded(spec(), jwts(**{key: bad}), *live) == reason
    assert "the last valid JWTs stay in use" in message(status_of(spec(), jwts(**{key: bad}), *live), "Degraded")


@pytest.mark.parametrize("reason", BAD_ACCOUNTS)
def test_another_account_with_a_bad_jwt_is_left_out_alone(reason: str) -> None:
    for bad in BAD_ACCOUNTS[reason](APP):
        preload = auth_files(plan_for(spec(), jwts(app=bad)))["resolver_preload.conf"]
        assert SYSTEM.public_key in preload
        assert APP.public_key not in preload
        assert degraded(spec(), jwts(app=bad)) == reason
        assert message(status_of(spec(), jwts(app=bad)), "Degraded").endswith("Until then, the account is left out.")


def test_after_a_bad_rotation_it_keeps_its_last_good_jwt() -> None:
    live = running(spec(), jwts())
    rotated = account_jwt(SYSTEM, OPERATOR, issued=tokens.ISSUED + 1)
    preload = auth_files(plan_for(spec(), jwts(app="bad", system=rotated), *live))["resolver_preload.conf"]
    assert GOOD["app"] in preload
    assert rotated in preload
    assert degraded(spec(), jwts(app="bad"), *live) == "JwtMalformed"
    assert "its last valid JWT stays in use" in message(status_of(spec(), jwts(app="bad"), *live), "Degraded")


def test_a_last_good_jwt_that_the_new_operator_has_not_signed_is_good_no_more() -> None:
    live = running(spec(), jwts())
    new = {"operator": operator_jwt(SIGNER), "system": account_jwt(SYSTEM, SIGNER)}
    assert APP.public_key not in auth_files(plan_for(spec(), jwts(**new), *live))["resolver_preload.conf"]


@pytest.mark.parametrize("key", ["operator", "system"])
@pytest.mark.parametrize("optional", [False, True])
def test_what_nothing_works_without_is_never_optional(key: str, optional: bool) -> None:
    wanted = spec()
    references = {"operator": wanted["auth"]["jwt"]["operator"], "system": wanted["auth"]["jwt"]["accounts"][0]["jwt"]}
    references[key] |= {"name": "absent", "optional": optional}
    assert plan_for(wanted, jwts()) == Plan()
    assert conditions(status_of(wanted, jwts()))["Progressing"] == ("True", "WaitingForSecret")


def test_a_secret_of_somebody_else_under_our_name_is_not_taken_for_the_last_good_one() -> None:
    theirs = secret("c-auth", **auth_files(plan_for(spec(), jwts())))
    assert plan_for(spec(), jwts(operator="bad"), theirs) == Plan()


def test_files_of_the_go_operator_are_no_last_good_ones() -> None:
    """Their include is absolute, which no server can read."""
    ours = one_of(running(spec(), jwts()), "Secret", "c-auth")
    text = 'operator: "/etc/nats-auth/operator.jwt"\ninclude "/etc/nats-auth/resolver_preload.conf"\n'
    ours["data"]["auth.conf"] = base64.b64encode(text.encode()).decode()
    done = plan_for(spec(), jwts(operator="bad"), ours)
    assert (done.apply, done.prune) == ((), ())
