"""NACK's Accounts: built where the API server knows them, with a condition that says so."""

from __future__ import annotations

import base64

import pytest

from natsop_core.inputs import Inputs, Settings
from natsop_core.kinds import NACK_ACCOUNTS
from tests.unit.natsop_core.resolve.jwt_clusters import APP, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.resolve.nack_accounts import (
    CREDENTIALS,
    NACK,
    SECRETS,
    WANTED,
    account,
    live_account,
    names,
    plan,
    report,
)
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    cluster,
    conditions,
    config_map,
    message,
    missing_for,
    one_of,
    secret,
)

TLS = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}}
CERTIFICATE = secret("tls", **{"tls.crt": "a certificate", "tls.key": "a key", "ca.crt": "a CA"})


# NACK


def test_the_system_account_is_never_given_to_nack() -> None:
    alone = spec(account_entry(SYSTEM, **CREDENTIALS), account_entry(APP))
    found = report(alone, *SECRETS)
    assert names(plan(alone, *SECRETS)) == []
    assert NACK not in conditions(found.status)
    both = spec(account_entry(SYSTEM, **CREDENTIALS), account_entry(APP, **CREDENTIALS))
    assert names(plan(both, *SECRETS)) == ["c-app"]


def test_an_account_of_nack_for_the_system_account_goes() -> None:
    live = live_account("c-system")
    done = plan(spec(account_entry(SYSTEM, **CREDENTIALS), account_entry(APP)), *SECRETS, live)
    assert [child.key.name for child in done.prune] == ["c-system"]


def test_an_account_with_a_user_for_nack_becomes_an_account_of_nack() -> None:
    built = account(plan(WANTED, *SECRETS))
    assert built["metadata"]["name"] == "c-app"
    assert built["spec"] == {
        "servers": ["nats://c.prod.svc:4222"],
        "creds": {"secret": {"name": "creds"}, "file": "app.creds"},
    }


def test_its_server_is_the_endpoint_that_the_status_names() -> None:
    for changes in ({}, {"service": {"enabled": False}}, {"config": {"nats": {"port": 4333}}}):
        seen = report({**WANTED, **changes}, *SECRETS).status
        assert seen is not None
        built = account(plan({**WANTED, **changes}, *SECRETS))
        assert built["spec"]["servers"] == [seen["endpoints"]["client"]]


def test_it_is_there_and_says_so() -> None:
    assert conditions(report(WANTED, *SECRETS).status)[NACK] == ("True", "Installed")


def test_without_nack_there_is_no_account_and_it_is_looked_for_every_minute() -> None:
    assert names(plan(WANTED, *SECRETS, serves=[])) == []
    seen = report(WANTED, *SECRETS, serves=[])
    assert conditions(seen.status)[NACK] == ("False", "NackNotInstalled")
    assert conditions(seen.status)["Degraded"][0] == "False"
    assert seen.requeue_after == 60.0


def test_where_it_has_to_be_there_its_absence_degrades() -> None:
    seen = report(WANTED, *SECRETS, serves=[], settings=Settings(nack_integration="enabled"))
    assert conditions(seen.status)["Degraded"] == ("True", "NackNotInstalled")


@pytest.mark.parametrize("wanted", [WANTED, spec()], ids=["wanted", "wanted no more"])
def test_where_it_is_disabled_existing_accounts_are_kept(wanted: Object) -> None:
    off = Settings(nack_integration="disabled")
    done = plan(wanted, *SECRETS, live_account(), settings=off)
    assert names(done) == []
    assert NACK_ACCOUNTS.key("prod", "c-app") in done.keep
    assert not done.prune
    expected = ("False", "Disabled") if wanted is WANTED else None
    assert conditions(report(wanted, *SECRETS, settings=off).status).get(NACK) == expected


def test_without_a_user_for_nack_nothing_is_said_or_asked() -> None:
    cr = cluster(spec())
    assert NACK not in conditions(report(spec(), *SECRETS).status)
    assert NACK_ACCOUNTS.reference not in missing_for(cr, Inputs(now=NOW))
    assert NACK_ACCOUNTS.reference in missing_for(cluster(WANTED), Inputs(now=NOW))


def test_the_account_of_one_that_was_removed_is_deleted() -> None:
    done = plan(spec(), *SECRETS, live_account())
    assert [child.key for child in done.prune] == [NACK_ACCOUNTS.key("prod", "c-app")]


def test_after_a_restart_it_is_still_looked_for_as_long_as_the_status_speaks_of_nack() -> None:
    cr = cluster(spec(), status=report(WANTED, *SECRETS).status)
    assert NACK_ACCOUNTS.reference in missing_for(cr, Inputs(now=NOW))


MISSING = {
    "SecretNotFound": (jwts(),),
    "KeyNotFound": (jwts(), secret("creds", other="x")),
    "KeyEmpty": (jwts(), secret("creds", **{"app.creds": ""})),
}


@pytest.mark.parametrize("reason", MISSING)
def test_without_the_credentials_no_account_is_made_and_one_that_is_there_stays(reason: str) -> None:
    done = plan(WANTED, *MISSING[reason], live_account())
    assert names(done) == []
    assert NACK_ACCOUNTS.key("prod", "c-app") in done.keep
    assert not done.prune
    assert conditions(report(WANTED, *MISSING[reason]).status)["Degraded"] == ("True", reason)


def test_optional_credentials_are_waited_for_in_silence() -> None:
    optional = spec(account_entry(SYSTEM), account_entry(APP, userCreds={**CREDENTIALS["userCreds"], "optional": True}))
    assert names(plan(optional, jwts())) == []
    assert conditions(report(optional, jwts()).status)["Degraded"][0] == "False"


def test_a_ca_in_a_secret_is_named() -> None:
    wanted = {**WANTED, **TLS, "tlsCA": {"secret": {"name": "tls", "key": "ca.crt"}}}
    done = plan(wanted, *SECRETS, CERTIFICATE)
    assert account(done)["spec"]["tls"] == {"secret": {"name": "tls"}, "ca": "ca.crt"}
    assert account(done)["spec"]["servers"] == ["tls://c.prod.svc:4222"]


def test_a_ca_in_a_config_map_is_copied_into_a_secret() -> None:
    wanted = {**WANTED, **TLS, "tlsCA": {"configMap": {"name": "ca", "key": "bundle"}}}
    done = plan(wanted, *SECRETS, CERTIFICATE, config_map("ca", bundle="a CA"))
    assert account(done)["spec"]["tls"] == {"secret": {"name": "c-nack-ca"}, "ca": "ca.crt"}
    copy = one_of(done.apply, "Secret", "c-nack-ca")
    assert copy["data"] == {"ca.crt": base64.b64encode(b"a CA").decode()}


def test_without_tls_for_clients_nack_gets_no_ca_for_it_would_insist_on_tls() -> None:
    wanted = {**WANTED, "tlsCA": {"secret": {"name": "tls", "key": "ca.crt"}}}
    assert "tls" not in account(plan(wanted, *SECRETS, CERTIFICATE))["spec"]


def test_where_clients_need_a_certificate_nack_cannot_connect() -> None:
    tls = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls", "verify": True}}}}
    wanted = {**WANTED, **tls, "tlsCA": {"secret": {"name": "tls", "key": "ca.crt"}}}
    seen = report(wanted, *SECRETS, CERTIFICATE)
    assert conditions(seen.status)[NACK] == ("False", "ClientCertificateRequired")
    assert "cannot connect" in message(seen.status, NACK)
