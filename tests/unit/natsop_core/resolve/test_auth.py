"""Decentralized authentication: what is built of sound JWTs, and what becomes of bad ones."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.inputs import Inputs
from natsop_core.kinds import SECRETS
from natsop_core.names import RESTART_ANNOTATION
from natsop_core.plan import Plan
from natsop_core.references import ObjectRef
from natsop_core.resolve.auth import auth_secret_key
from tests import tokens
from tests.tokens import Identity, account_jwt, decorated, operator_jwt
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    cluster,
    conditions,
    config_map,
    container_of,
    inputs,
    jetstream,
    live_children,
    message,
    missing_for,
    one_of,
    plan_of,
    secret,
)

OPERATOR = tokens.operator()
SIGNER = tokens.operator("signer")
SYSTEM = tokens.account("system")
APP = tokens.account("app")
OTHER = tokens.account("other")
LATER = int((NOW + timedelta(hours=1)).timestamp())
EARLIER = int((NOW - timedelta(hours=1)).timestamp())

GOOD = {
    "operator": decorated("NATS OPERATOR JWT", operator_jwt(OPERATOR, system_account=SYSTEM.public_key)),
    "system": account_jwt(SYSTEM, OPERATOR, expires=LATER),
    "app": account_jwt(APP, OPERATOR),
}
FULL = {"type": "full", "storage": {}}


def account_entry(who: Identity, **changes: Any) -> Object:
    return {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "jwt", "key": who.name}, **changes}


def spec(*accounts: Object, **changes: Any) -> Object:
    entries = list(accounts) or [account_entry(SYSTEM), account_entry(APP)]
    operator = {"name": "jwt", "key": "operator"}
    return {"auth": {"jwt": {"operator": operator, "systemAccount": SYSTEM.public_key, "accounts": entries, **changes}}}


def jwts(**changes: str) -> Object:
    return secret("jwt", **{**GOOD, **changes})


def plan(wanted: Object, *objects: Object) -> Plan:
    cr = cluster(wanted)
    return plan_of(cr, inputs(cr, *objects))


def status(wanted: Object, *objects: Object) -> Object:
    cr = cluster(wanted)
    seen = inputs(cr, *objects)
    report = conclude_cluster(cr, seen, plan_of(cr, seen), {})
    assert report.status is not None
    return report.status


def degraded(wanted: Object, *objects: Object) -> str:
    [found] = [each["reason"] for each in status(wanted, *objects)["conditions"] if each["type"] == "Degraded"]
    return str(found)


def auth_files(done: Plan) -> dict[str, str]:
    data = one_of(done.apply, "Secret", "c-auth")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def running(wanted: Object, *objects: Object) -> list[Object]:
    """What lives once the custom resource was carried out."""
    return live_children(cluster(wanted), *objects)


# What is built


def test_the_secret_holds_the_operator_byte_for_byte_and_the_accounts() -> None:
    files = auth_files(plan(spec(), jwts()))
    assert files["operator.jwt"] == GOOD["operator"]
    assert files["resolver_preload.conf"] == (
        f'resolver_preload {{\n  {SYSTEM.public_key}: "{GOOD["system"]}"\n  {APP.public_key}: "{GOOD["app"]}"\n}}\n'
    )
    assert files["auth.conf"] == (
        f'operator: "{operator_jwt(OPERATOR, system_account=SYSTEM.public_key)}"\n'
        f'system_account: "{SYSTEM.public_key}"\nresolver: "MEMORY"\ninclude "resolver_preload.conf"\n'
    )


def test_bytes_that_are_no_text_are_copied_too() -> None:
    raw = b"\xff\n" + GOOD["operator"].encode()
    odd = jwts()
    odd["data"]["operator"] = base64.b64encode(raw).decode()
    assert one_of(plan(spec(), odd).apply, "Secret", "c-auth")["data"]["operator.jwt"] == odd["data"]["operator"]


def test_the_pods_mount_it_include_it_first_and_reload_it() -> None:
    done = plan(
        {**spec(), "config": {"includes": [{"name": "x.conf", "secret": {"name": "x", "key": "x"}}]}},
        jwts(),
        secret("x", x="debug: true"),
    )
    conf = one_of(done.apply, "ConfigMap")["data"]["nats.conf"]
    assert conf.endswith('include "../nats-auth/auth.conf"\ninclude "../nats-extra/x.conf"\n')
    stateful_set = one_of(done.apply, "StatefulSet")
    for name in ("nats", "reloader"):
        mounts = container_of(stateful_set, name)["volumeMounts"]
        assert {"name": "auth", "mountPath": "/etc/nats-auth", "readOnly": True} in mounts
    watched = container_of(stateful_set, "reloader")["args"]
    assert {"/etc/nats-auth/auth.conf", "/etc/nats-auth/resolver_preload.conf"} < set(watched)


def test_an_include_that_replaces_some_of_it_is_reported() -> None:
    wanted = {**spec(), "config": {"includes": [{"name": "x.conf", "secret": {"name": "x", "key": "x"}}]}}
    seen = status(wanted, jwts(), secret("x", x="resolver: MEMORY"))
    assert "x.conf redefines resolver." in message(seen, "ConfigurationOverridden")


def test_beside_a_config_map_of_the_users_the_file_to_include_is_named() -> None:
    wanted = {**spec(), "configMap": {"existingName": "mine"}}
    seen = status(wanted, jwts(), config_map("mine", **{"nats.conf": "port: 4222"}))
    assert message(seen, "ConfigurationOverridden").endswith("have no effect: /etc/nats-auth/auth.conf.")


def test_no_jwt_stands_outside_of_secrets() -> None:
    for manifest in plan(spec(), jwts()).apply:
        assert manifest["kind"] == "Secret" or "eyJ" not in str(manifest)


def test_a_full_resolver_has_a_volume_of_its_own() -> None:
    done = plan(spec(resolver={**FULL, "allowDelete": True}), jwts())
    stateful_set = one_of(done.apply, "StatefulSet")
    [claim] = stateful_set["spec"]["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "resolver"
    assert claim["spec"] == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    assert {"name": "resolver", "mountPath": "/data/resolver"} in container_of(stateful_set, "nats")["volumeMounts"]
    assert (
        'resolver {\n  type: "full"\n  dir: "/data/resolver"\n  allow_delete: true\n  interval: "2m"\n}\n'
        in auth_files(done)["auth.conf"]
    )


def test_an_account_may_be_signed_by_a_signing_key_of_the_operator() -> None:
    operator = operator_jwt(OPERATOR, signing_keys=[SIGNER.public_key])
    done = plan(spec(), jwts(operator=operator, app=account_jwt(APP, SIGNER)))
    assert APP.public_key in auth_files(done)["resolver_preload.conf"]


def test_an_optional_account_is_left_out_until_it_is_there() -> None:
    optional = account_entry(OTHER, jwt={"name": "jwt", "key": "other", "optional": True})
    wanted = spec(account_entry(SYSTEM), optional)
    assert OTHER.public_key not in auth_files(plan(wanted, jwts()))["resolver_preload.conf"]
    assert degraded(wanted, jwts()) == "AsExpected"


def test_another_operator_rolls_the_pods_and_another_account_does_not() -> None:
    def digest(secrets: Object) -> str:
        stateful_set = one_of(plan(spec(), secrets).apply, "StatefulSet")
        return str(stateful_set["spec"]["template"]["metadata"]["annotations"][RESTART_ANNOTATION])

    assert digest(jwts()) == digest(jwts(app=account_jwt(APP, OPERATOR, issued=tokens.ISSUED + 1)))
    assert digest(jwts()) != digest(jwts(operator=operator_jwt(OPERATOR, tags=["new"])))


# What is refused

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
    assert plan(spec(), jwts(**{key: bad})) == Plan()
    seen = status(spec(), jwts(**{key: bad}))
    assert degraded(spec(), jwts(**{key: bad})) == reason
    assert f"key {key} of Secret jwt" in message(seen, "Degraded")
    assert message(seen, "Degraded").endswith("Until then, no object is changed.")
    assert bad not in str(seen)


def test_a_running_cluster_without_authentication_keeps_its_configuration() -> None:
    live = running({})
    done = plan(spec(), jwts(operator="bad"), *live)
    assert not done.apply
    assert not done.prune
    assert len(done.keep) == len(live)


@pytest.mark.parametrize(("reason", "key", "bad"), BAD, ids=[f"{key} {reason}" for reason, key, _ in BAD])
def test_a_bad_rotation_keeps_the_last_good_secret_and_all_else_goes_on(reason: str, key: str, bad: str) -> None:
    live = running(spec(), jwts())
    done = plan({**spec(), "global": {"labels": {"a": "b"}}}, jwts(**{key: bad}), *live)
    assert done.keep == (auth_secret_key(cluster(spec())),)
    assert not done.prune
    before, after = (one_of(each, "StatefulSet") for each in (live, done.apply))
    digests = [each["spec"]["template"]["metadata"]["annotations"][RESTART_ANNOTATION] for each in (before, after)]
    assert digests[0] == digests[1]
    assert after["metadata"]["labels"]["a"] == "b"
    assert degraded(spec(), jwts(**{key: bad}), *live) == reason
    assert "the last valid JWTs stay in use" in message(status(spec(), jwts(**{key: bad}), *live), "Degraded")


@pytest.mark.parametrize("reason", BAD_ACCOUNTS)
def test_another_account_with_a_bad_jwt_is_left_out_alone(reason: str) -> None:
    for bad in BAD_ACCOUNTS[reason](APP):
        preload = auth_files(plan(spec(), jwts(app=bad)))["resolver_preload.conf"]
        assert SYSTEM.public_key in preload
        assert APP.public_key not in preload
        assert degraded(spec(), jwts(app=bad)) == reason
        assert message(status(spec(), jwts(app=bad)), "Degraded").endswith("Until then, the account is left out.")


def test_after_a_bad_rotation_it_keeps_its_last_good_jwt() -> None:
    live = running(spec(), jwts())
    rotated = account_jwt(SYSTEM, OPERATOR, issued=tokens.ISSUED + 1)
    preload = auth_files(plan(spec(), jwts(app="bad", system=rotated), *live))["resolver_preload.conf"]
    assert GOOD["app"] in preload
    assert rotated in preload
    assert degraded(spec(), jwts(app="bad"), *live) == "JwtMalformed"
    assert "its last valid JWT stays in use" in message(status(spec(), jwts(app="bad"), *live), "Degraded")


def test_a_last_good_jwt_that_the_new_operator_has_not_signed_is_good_no_more() -> None:
    live = running(spec(), jwts())
    new = {"operator": operator_jwt(SIGNER), "system": account_jwt(SYSTEM, SIGNER)}
    assert APP.public_key not in auth_files(plan(spec(), jwts(**new), *live))["resolver_preload.conf"]


@pytest.mark.parametrize("key", ["operator", "system"])
@pytest.mark.parametrize("optional", [False, True])
def test_what_nothing_works_without_is_never_optional(key: str, optional: bool) -> None:
    wanted = spec()
    references = {"operator": wanted["auth"]["jwt"]["operator"], "system": wanted["auth"]["jwt"]["accounts"][0]["jwt"]}
    references[key] |= {"name": "absent", "optional": optional}
    assert plan(wanted, jwts()) == Plan()
    assert conditions(status(wanted, jwts()))["Progressing"] == ("True", "WaitingForSecret")


def test_a_secret_of_somebody_else_under_our_name_is_not_taken_for_the_last_good_one() -> None:
    theirs = secret("c-auth", **auth_files(plan(spec(), jwts())))
    assert plan(spec(), jwts(operator="bad"), theirs) == Plan()


def test_files_of_the_go_operator_are_no_last_good_ones() -> None:
    """Their include is absolute, which no server can read."""
    ours = one_of(running(spec(), jwts()), "Secret", "c-auth")
    text = 'operator: "/etc/nats-auth/operator.jwt"\ninclude "/etc/nats-auth/resolver_preload.conf"\n'
    ours["data"]["auth.conf"] = base64.b64encode(text.encode()).decode()
    done = plan(spec(), jwts(operator="bad"), ours)
    assert (done.apply, done.prune) == ((), ())


# Volumes that cannot change


@pytest.mark.parametrize("other", [{"type": "full", "storage": {"resources": {"requests": {"storage": "2Gi"}}}}, {}])
def test_the_volume_of_a_full_resolver_stays(other: Object) -> None:
    live = running(spec(resolver=FULL), jwts())
    done = plan(spec(resolver=other), jwts(), *live)
    templates = [one_of(each, "StatefulSet")["spec"]["volumeClaimTemplates"] for each in (live, done.apply)]
    assert templates[0] == templates[1]
    assert 'type: "full"' in auth_files(done)["auth.conf"]
    assert degraded(spec(resolver=other), jwts(), *live) == "ImmutableField"


def test_a_running_cluster_cannot_get_one_and_resolves_from_memory() -> None:
    live = running({})
    done = plan(spec(resolver=FULL), jwts(), *live)
    assert "volumeClaimTemplates" not in one_of(done.apply, "StatefulSet")["spec"]
    assert 'resolver: "MEMORY"' in auth_files(done)["auth.conf"]
    assert degraded(spec(resolver=FULL), jwts(), *live) == "ImmutableField"


def test_removing_authentication_with_a_full_resolver_keeps_it() -> None:
    live = running(spec(resolver=FULL), jwts())
    done = plan({}, *live)
    assert done.keep == (auth_secret_key(cluster({})),)
    assert one_of(done.apply, "StatefulSet")["spec"] == one_of(live, "StatefulSet")["spec"]
    assert degraded({}, *live) == "ImmutableField"


def test_removing_authentication_with_a_memory_resolver_removes_it() -> None:
    left = [each for each in running(spec(), jwts()) if each["kind"] == "Secret"]
    assert [child.key for child in plan({}, *running({}), *left).prune] == [auth_secret_key(cluster({}))]


# What is fetched


def test_the_secrets_are_asked_for_all_at_once_and_the_one_that_we_manage_too() -> None:
    cr = cluster({**spec(), **jetstream()})
    asked = missing_for(cr, Inputs(now=NOW))
    assert ObjectRef(SECRETS.key("prod", "jwt")) in asked
    assert ObjectRef(auth_secret_key(cr)) in asked


def test_nothing_shows_a_token_by_accident() -> None:
    cr = cluster(spec())
    seen = inputs(cr, jwts())
    assert "eyJ" not in repr(seen)
    assert "eyJ" not in repr(plan_of(cr, seen))
