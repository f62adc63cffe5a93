"""ExpiringSoon: what the user hears seven days before something expires, and when nobody has renewed it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.conditions.expiring import expiry_delays
from natsop_core.report import Event, Report
from natsop_core.resolve.expiry import Expiry
from tests import tokens
from tests.certificates import Authority
from tests.tokens import account_jwt, operator_jwt
from tests.unit.natsop_core.resolve.jwt_clusters import APP, OPERATOR, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    box,
    cluster,
    conditions,
    config_map,
    inputs,
    live_children,
    message,
    plan_of,
    secret,
)

CA = Authority()
TLS = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}}
WITH_CA = {**TLS, "tlsCA": {"configMap": {"name": "ca", "key": "ca.crt"}}}


def in_days(days: float) -> datetime:
    return NOW + timedelta(days=days)


def tls(days: float, *, by: Authority = CA) -> Object:
    issued = by.issue(expires=in_days(days))
    return secret("tls", **{"tls.crt": issued.certificate, "tls.key": issued.key})


def ca(*authorities: Authority) -> Object:
    return config_map("ca", **{"ca.crt": "".join(each.pem for each in authorities)})


def report(wanted: Object, *objects: Object, status: Object | None = None, now: datetime = NOW) -> Report:
    cr = cluster(wanted, status=status)
    seen = inputs(cr, *live_children(cr, *objects), *objects, now=now)
    return conclude_cluster(cr, seen, plan_of(cr, seen), {})


def expiring(found: Report) -> tuple[str, str] | None:
    return conditions(found.status).get("ExpiringSoon")


def next_expiry(found: Report) -> object:
    assert found.status is not None
    return found.status.get("nextExpiry")


def test_a_certificate_is_told_of_seven_days_before_and_not_sooner() -> None:
    assert expiring(report(TLS, tls(7.001))) is None
    found = report(TLS, tls(7))
    assert expiring(found) == ("True", "ExpiresSoon")
    assert message(found.status, "ExpiringSoon") == (
        "The certificate in key tls.crt of Secret tls, which spec.config.nats.tls refers to, expires on"
        " 2026-01-09 at 03:04 UTC: renew it."
    )
    assert conditions(found.status)["Degraded"] == ("False", "AsExpected")
    assert next_expiry(found) == "2026-01-09T03:04:05Z"


def test_the_operator_looks_again_by_itself_when_it_is_time() -> None:
    assert report(TLS, tls(7.001)).requeue_after == pytest.approx(86.4, abs=1)
    assert report(TLS, tls(0.0001)).requeue_after == pytest.approx(8.64, abs=1)


def test_an_event_tells_of_it_once_and_of_each_change() -> None:
    first = report(TLS, tls(3))
    said = message(first.status, "ExpiringSoon")
    assert first.events == (Event("Warning", "ExpiresSoon", said),)
    assert report(TLS, tls(3), status=first.status).events == ()
    renewed = report(TLS, tls(300), status=first.status)
    assert expiring(renewed) is None
    assert renewed.events == ()
    assert [each.reason for each in report(TLS, tls(-1), status=first.status).events] == ["Expired", "Expired"]


def test_what_has_expired_is_wrong() -> None:
    found = report(TLS, tls(-1))
    assert expiring(found) == ("True", "Expired")
    assert conditions(found.status)["Degraded"] == ("True", "Expired")
    assert message(found.status, "Degraded").endswith("refers to, has expired on 2026-01-01 at 03:04 UTC: renew it.")


def test_what_cannot_be_read_is_not_told_of() -> None:
    found = report(TLS, secret("tls", **{"tls.crt": "stand-in", "tls.key": "stand-in"}))
    assert expiring(found) is None
    assert next_expiry(found) is None


def test_a_secret_of_several_listeners_is_told_of_once() -> None:
    both = {"config": {**TLS["config"], "leafnodes": {"enabled": True, "tls": TLS["config"]["nats"]["tls"]}}}
    assert message(report(both, tls(3)).status, "ExpiringSoon").count("tls.crt") == 1


# The CA


def test_the_ca_that_issued_a_certificate_counts() -> None:
    found = report(WITH_CA, tls(400, by=(old := Authority("old", in_days(2)))), ca(old, Authority("new")))
    assert message(found.status, "ExpiringSoon").startswith(
        "The CA certificate in key ca.crt of ConfigMap ca, which spec.tlsCA refers to, expires on 2026-01-04 at"
    )


def test_an_old_ca_that_no_certificate_needs_any_more_may_expire() -> None:
    new = Authority("new")
    assert expiring(report(WITH_CA, tls(400, by=new), ca(Authority("old", in_days(-2)), new))) is None
    renewed = Authority("same")
    assert expiring(report(WITH_CA, tls(400, by=renewed), ca(Authority("same", in_days(2)), renewed))) is None


def test_cas_of_clients_alone_count_until_the_last_one_expires() -> None:
    assert expiring(report(WITH_CA, tls(400), ca(Authority("a", in_days(2)), Authority("b")))) is None
    assert expiring(report(WITH_CA, tls(400), ca(Authority("a", in_days(2)), Authority("b", in_days(3)))))


def test_of_several_cas_that_are_needed_the_first_to_expire_is_told() -> None:
    late, soon = Authority("late"), Authority("soon", in_days(2))
    leafnodes = {"enabled": True, "tls": {"enabled": True, "secretName": "leaf"}}
    wanted = {**WITH_CA, "config": {**TLS["config"], "leafnodes": leafnodes}}
    issued = soon.issue(expires=in_days(400))
    leaf = secret("leaf", **{"tls.crt": issued.certificate, "tls.key": issued.key})
    for bundle in ((late, soon), (soon, late)):
        found = report(wanted, tls(400, by=late), leaf, ca(*bundle))
        assert expiring(found) == ("True", "ExpiresSoon")


def test_what_expired_at_the_beginning_of_all_calendars_has_expired() -> None:
    since = datetime.min.replace(tzinfo=UTC)
    assert list(expiry_delays([Expiry(since, what="It", remedy="renew it")], NOW)) == []


# JWTs and credentials


def seconds(days: float) -> int:
    return int(in_days(days).timestamp())


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"operator": operator_jwt(OPERATOR, expires=seconds(2))}, "operator"),
        ({"app": account_jwt(APP, OPERATOR, expires=seconds(2))}, "app"),
    ],
)
def test_jwts_count(changes: dict[str, str], key: str) -> None:
    never = account_jwt(SYSTEM, OPERATOR)
    found = report(spec(), jwts(**{"system": never, **changes}))
    assert expiring(found) == ("True", "ExpiresSoon")
    assert message(found.status, "ExpiringSoon").startswith(f"The JWT in key {key} of Secret jwt, which spec.auth.jwt")
    assert next_expiry(found) == "2026-01-04T03:04:05Z"


def test_an_expired_jwt_is_said_to_be_wrong_once() -> None:
    expired = account_jwt(APP, OPERATOR, expires=seconds(-1))
    found = report(spec(), jwts(system=account_jwt(SYSTEM, OPERATOR), app=expired))
    assert expiring(found) == ("True", "Expired")
    assert conditions(found.status)["Degraded"] == ("True", "JwtExpired")
    assert message(found.status, "Degraded").count("xpired") == 1


def creds(days: float) -> str:
    return tokens.credentials(tokens.user(), APP, expires=seconds(days))


def test_credentials_of_users_count_and_are_wrong_once_expired() -> None:
    system = account_entry(SYSTEM, userCreds={"name": "creds", "key": "sys"})
    objects = jwts(system=account_jwt(SYSTEM, OPERATOR)), secret("creds", sys=creds(1))
    found = report(spec(system, account_entry(APP)), *objects)
    assert message(found.status, "ExpiringSoon").startswith("The credentials in key sys of Secret creds, which")
    late = report(spec(system, account_entry(APP)), *objects, now=in_days(2))
    assert conditions(late.status)["Degraded"] == ("True", "Expired")


def test_a_time_beyond_all_calendars_is_far_away() -> None:
    found = report(spec(), jwts(system=account_jwt(SYSTEM, OPERATOR, expires=2**62)))
    assert expiring(found) is None
    assert next_expiry(found) == "9999-12-31T00:00:00Z"


def test_what_was_said_stays_while_nothing_can_be_planned() -> None:
    said = report(TLS, tls(3)).status
    assert expiring(report(TLS, secret("tls"), status=said)) == ("True", "ExpiresSoon")


# A box


def test_a_box_tells_of_what_its_contexts_name() -> None:
    wanted = {
        "url": "tls://nats:4222",
        "creds": {"name": "creds", "key": "user"},
        "tls": {"name": "tls"},
        "ca": {"configMap": {"name": "ca", "key": "ca.crt"}},
    }
    cr = box({"contexts": {"default": wanted}})
    objects = secret("creds", user=creds(1)), tls(2), ca(Authority("a", in_days(3)))
    seen = inputs(cr, *objects)
    found = conclude_box(cr, seen, plan_of(cr, seen), {})
    assert expiring(found) == ("True", "ExpiresSoon")
    said = message(found.status, "ExpiringSoon")
    assert [each in said for each in ("2026-01-03", "2026-01-04", "2026-01-05")] == [True] * 3
    assert said.index("key user") < said.index("key tls.crt") < said.index("key ca.crt")
    assert next_expiry(found) == "2026-01-03T03:04:05Z"


def test_of_very_many_the_first_ten_are_named() -> None:
    accounts = [tokens.account(f"a{number}") for number in range(30)]
    files = {each.name: account_jwt(each, OPERATOR, expires=seconds(1)) for each in accounts}
    entries = [account_entry(SYSTEM), *map(account_entry, accounts)]
    found = report(spec(*entries), jwts(system=account_jwt(SYSTEM, OPERATOR), **files))
    assert message(found.status, "ExpiringSoon").endswith("for longer. And 20 more.")
