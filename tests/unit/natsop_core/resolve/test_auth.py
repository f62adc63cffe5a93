"""Decentralized authentication: what is built of sound JWTs, and what stays when it is removed."""

from __future__ import annotations

import base64

import pytest

from natsop_core.inputs import Inputs
from natsop_core.kinds import SECRETS
from natsop_core.names import RESTART_ANNOTATION
from natsop_core.references import ObjectRef
from natsop_core.resolve.auth import auth_secret_key
from tests import tokens
from tests.tokens import account_jwt, operator_jwt
from tests.unit.natsop_core.resolve.jwt_clusters import (
    APP,
    FULL,
    GOOD,
    OPERATOR,
    OTHER,
    SIGNER,
    SYSTEM,
    account_entry,
    auth_files,
    degraded,
    jwts,
    running,
    spec,
)
from tests.unit.natsop_core.trio import plan_for, status_of
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    cluster,
    config_map,
    container_of,
    inputs,
    jetstream,
    message,
    missing_for,
    one_of,
    plan_of,
    secret,
)

# What is built


def test_the_secret_holds_the_operator_byte_for_byte_and_the_accounts() -> None:
    files = auth_files(plan_for(spec(), jwts()))
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
    assert one_of(plan_for(spec(), odd).apply, "Secret", "c-auth")["data"]["operator.jwt"] == odd["data"]["operator"]


def test_the_pods_mount_it_include_it_first_and_reload_it() -> None:
    done = plan_for(
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
    seen = status_of(wanted, jwts(), secret("x", x="resolver: MEMORY"))
    assert "x.conf redefines resolver." in message(seen, "ConfigurationOverridden")


def test_beside_a_config_map_of_the_users_the_file_to_include_is_named() -> None:
    wanted = {**spec(), "configMap": {"existingName": "mine"}}
    seen = status_of(wanted, jwts(), config_map("mine", **{"nats.conf": "port: 4222"}))
    assert message(seen, "ConfigurationOverridden").endswith("have no effect: /etc/nats-auth/auth.conf.")


def test_no_jwt_stands_outside_of_secrets() -> None:
    for manifest in plan_for(spec(), jwts()).apply:
        assert manifest["kind"] == "Secret" or "eyJ" not in str(manifest)


def test_a_full_resolver_has_a_volume_of_its_own() -> None:
    done = plan_for(spec(resolver={**FULL, "allowDelete": True}), jwts())
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
    done = plan_for(spec(), jwts(operator=operator, app=account_jwt(APP, SIGNER)))
    assert APP.public_key in auth_files(done)["resolver_preload.conf"]


def test_an_optional_account_is_left_out_until_it_is_there() -> None:
    optional = account_entry(OTHER, jwt={"name": "jwt", "key": "other", "optional": True})
    wanted = spec(account_entry(SYSTEM), optional)
    assert OTHER.public_key not in auth_files(plan_for(wanted, jwts()))["resolver_preload.conf"]
    assert degraded(wanted, jwts()) == "AsExpected"


def test_another_operator_rolls_the_pods_and_another_account_does_not() -> None:
    def digest(secrets: Object) -> str:
        stateful_set = one_of(plan_for(spec(), secrets).apply, "StatefulSet")
        return str(stateful_set["spec"]["template"]["metadata"]["annotations"][RESTART_ANNOTATION])

    assert digest(jwts()) == digest(jwts(app=account_jwt(APP, OPERATOR, issued=tokens.ISSUED + 1)))
    assert digest(jwts()) != digest(jwts(operator=operator_jwt(OPERATOR, tags=["new"])))


# Volumes that cannot change


@pytest.mark.parametrize("other", [{"type": "full", "storage": {"resources": {"requests": {"storage": "2Gi"}}}}, {}])
def test_the_volume_of_a_full_resolver_stays(other: Object) -> None:
    live = running(spec(resolver=FULL), jwts())
    done = plan_for(spec(resolver=other), jwts(), *live)
    templates = [one_of(each, "StatefulSet")["spec"]["volumeClaimTemplates"] for each in (live, done.apply)]
    assert templates[0] == templates[1]
    assert 'type: "full"' in auth_files(done)["auth.conf"]
    assert degraded(spec(resolver=other), jwts(), *live) == "ImmutableField"


def test_a_running_cluster_cannot_get_one_and_resolves_from_memory() -> None:
    live = running({})
    done = plan_for(spec(resolver=FULL), jwts(), *live)
    assert "volumeClaimTemplates" not in one_of(done.apply, "StatefulSet")["spec"]
    assert 'resolver: "MEMORY"' in auth_files(done)["auth.conf"]
    assert degraded(spec(resolver=FULL), jwts(), *live) == "ImmutableField"


def test_removing_authentication_with_a_full_resolver_keeps_it() -> None:
    live = running(spec(resolver=FULL), jwts())
    done = plan_for({}, *live)
    assert done.keep == (auth_secret_key(cluster({})),)
    assert one_of(done.apply, "StatefulSet")["spec"] == one_of(live, "StatefulSet")["spec"]
    assert degraded({}, *live) == "ImmutableField"


def test_removing_authentication_with_a_memory_resolver_removes_it() -> None:
    left = [each for each in running(spec(), jwts()) if each["kind"] == "Secret"]
    assert [child.key for child in plan_for({}, *running({}), *left).prune] == [auth_secret_key(cluster({}))]


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
