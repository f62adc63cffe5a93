"""NACK's Accounts and the PodMonitor: built where the API server knows them, with a condition that says so."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.drift import next_request
from natsop_core.inputs import Forbidden, Inputs, Settings
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from natsop_core.live import reduce_metadata
from natsop_core.names import OPTIONAL_KINDS_ANNOTATION
from natsop_core.outcomes import Unchanged
from natsop_core.plan import Plan
from natsop_core.rbac import cluster_role
from natsop_core.report import Report
from tests.unit.natsop_core.resolve.test_auth import APP, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    applied,
    cluster,
    conditions,
    config_map,
    inputs,
    message,
    missing_for,
    one_of,
    plan_of,
    secret,
)

CREDENTIALS = {"userCreds": {"name": "creds", "key": "app.creds"}}
WANTED = spec(account_entry(SYSTEM), account_entry(APP, **CREDENTIALS))
SECRETS = (jwts(), secret("creds", **{"app.creds": "a user's credentials"}))
TLS = {"config": {"nats": {"tls": {"enabled": True, "secretName": "tls"}}}}
CERTIFICATE = secret("tls", **{"tls.crt": "a certificate", "tls.key": "a key", "ca.crt": "a CA"})
MONITORED = {"promExporter": {"enabled": True, "podMonitor": {"enabled": True, "interval": "30s"}}}

NACK = "NackIntegrationAvailable"
OPTIONAL_REFERENCES = (NACK_ACCOUNTS.reference, POD_MONITORS.reference)


def plan(wanted: Object, *objects: Object, **seen: Any) -> Plan:
    cr = cluster(wanted)
    return plan_of(cr, inputs(cr, *objects, **{"serves": [NACK_ACCOUNTS], **seen}))


def report(wanted: Object, *objects: Object, **seen: Any) -> Report:
    cr = cluster(wanted)
    now = inputs(cr, *objects, **{"serves": [NACK_ACCOUNTS], **seen})
    return conclude_cluster(cr, now, plan_of(cr, now), {})


def names(done: Plan) -> list[str]:
    return [each["metadata"]["name"] for each in done.apply if each["kind"] == "Account"]


def account(done: Plan) -> Object:
    return one_of(done.apply, "Account")


def live_account(name: str = "c-app") -> Object:
    manifest = account(plan(WANTED, *SECRETS))
    live = applied(manifest)
    live["metadata"]["name"] = name
    return live


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


# PodMonitor


def test_a_pod_monitor_is_built_where_it_is_known() -> None:
    built = one_of(plan(MONITORED, serves=[POD_MONITORS]).apply, "PodMonitor")
    assert built["spec"]["podMetricsEndpoints"] == [{"port": "metrics", "interval": "30s"}]
    assert conditions(report(MONITORED, serves=[POD_MONITORS]).status)["PodMonitorAvailable"] == ("True", "Installed")


def test_where_it_is_not_known_a_condition_says_so_and_all_else_is_built() -> None:
    done = plan(MONITORED, serves=[])
    assert {each["kind"] for each in done.apply} >= {"StatefulSet", "Service"}
    assert not [each for each in done.apply if each["kind"] == "PodMonitor"]
    seen = report(MONITORED, serves=[])
    assert conditions(seen.status)["PodMonitorAvailable"] == ("False", "PodMonitorNotInstalled")
    assert conditions(seen.status)["Degraded"][0] == "False"
    assert seen.requeue_after == 60.0


def test_without_one_wanted_nothing_is_said_or_asked() -> None:
    assert "PodMonitorAvailable" not in conditions(report({}).status)
    assert POD_MONITORS.reference not in missing_for(cluster({}), Inputs(now=NOW))


# Both


@pytest.mark.parametrize(("wanted", "kind"), [(WANTED, NACK_ACCOUNTS), (MONITORED, POD_MONITORS)])
def test_what_was_applied_is_left_alone(wanted: Object, kind: Any) -> None:
    manifest = one_of(plan(wanted, *SECRETS, serves=[kind]).apply, kind.kind)
    assert next_request(manifest, reduce_metadata(applied(manifest)["metadata"])) == Unchanged()


def test_the_operator_may_write_them() -> None:
    rules = cluster_role()["rules"]
    for kind in (NACK_ACCOUNTS, POD_MONITORS):
        assert [rule["verbs"] for rule in rules if rule["resources"] == [kind.plural]] != []


@pytest.mark.parametrize("known", [[], [POD_MONITORS]], ids=["missed for a moment", "there"])
def test_a_pod_monitor_is_removed_when_it_is_turned_off_and_not_because_its_kind_is_missed(known: list[Any]) -> None:
    live = applied(one_of(plan(MONITORED, serves=[POD_MONITORS]).apply, "PodMonitor"))
    assert not plan(MONITORED, live, serves=known).prune
    assert [child.key.kind for child in plan({}, live, serves=known).prune] == ["PodMonitor"]


@pytest.mark.parametrize(("wanted", "condition"), [({}, "PodMonitorAvailable"), (spec(), NACK)])
def test_the_condition_stays_until_what_was_made_is_gone_so_that_the_kind_is_known(
    wanted: Object, condition: str
) -> None:
    live = (
        applied(one_of(plan(MONITORED, serves=[POD_MONITORS]).apply, "PodMonitor")) if wanted == {} else live_account()
    )
    assert conditions(report(wanted, *SECRETS, live).status)[condition] == ("False", "NotWanted")
    assert condition not in conditions(report(wanted, *SECRETS).status)


def test_a_kind_that_may_not_be_listed_is_not_called_missing() -> None:
    cr = cluster(MONITORED)
    now = inputs(cr)
    now = replace(now, found={**now.found, POD_MONITORS.reference: Forbidden("no list")})
    seen = conclude_cluster(cr, now, plan_of(cr, now), {})
    assert conditions(seen.status)["PodMonitorAvailable"] == ("False", "Forbidden")


def test_what_was_said_of_an_integration_stays_while_nothing_can_be_planned() -> None:
    """It is what tells that there may be something to prune, once all is well again."""
    told = report(MONITORED, serves=[POD_MONITORS]).status
    assert told is not None
    routes = {"replicas": 3, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "not-there"}}}}}
    unplanned = cluster(routes, status=told)
    seen = inputs(unplanned)
    still_told = conclude_cluster(unplanned, seen, plan_of(unplanned, seen), {}).status
    assert conditions(still_told)["PodMonitorAvailable"] == ("True", "Installed")
    assert still_told is not None
    assert POD_MONITORS.reference in missing_for(cluster({}, status=still_told), Inputs(now=NOW))


# What is noted before it is made


def noted(done: Plan) -> str | None:
    annotations: Object = one_of(done.apply, "StatefulSet")["metadata"]["annotations"]
    return annotations.get(OPTIONAL_KINDS_ANNOTATION)


def servers(wanted: Object, **seen: Any) -> Object:
    return applied(one_of(plan(wanted, *SECRETS, **seen).apply, "StatefulSet"))


def test_optional_kinds_are_noted_on_the_stateful_set_and_their_objects_come_after_it() -> None:
    both = {**WANTED, **MONITORED}
    done = plan(both, *SECRETS, serves=[NACK_ACCOUNTS, POD_MONITORS])
    assert noted(done) == "Account,PodMonitor"
    after = {key.kind: [each.kind for each in done.after[key]] for key in done.targets if key in done.after}
    assert (after["PodMonitor"], after["Account"]) == (["StatefulSet"], ["NatsCluster", "StatefulSet"])
    template = one_of(done.apply, "StatefulSet")["spec"]["template"]
    assert template == one_of(plan(both, *SECRETS, serves=[]).apply, "StatefulSet")["spec"]["template"], "no pod rolls"


def test_nothing_is_noted_of_a_kind_that_nothing_is_made_of() -> None:
    assert noted(plan({})) is None
    assert noted(plan(MONITORED, serves=[])) is None
    assert noted(plan(WANTED, jwts(), serves=[NACK_ACCOUNTS])) is None, "its credentials are missing"


def test_what_is_noted_is_asked_for_though_nothing_else_remembers_it() -> None:
    cr = cluster({})
    seen = inputs(cr, servers(MONITORED, serves=[POD_MONITORS]))
    found = {reference: each for reference, each in seen.found.items() if reference not in OPTIONAL_REFERENCES}
    missing = missing_for(cr, replace(seen, found=found, is_complete=False))
    assert [each for each in missing if each in OPTIONAL_REFERENCES] == [POD_MONITORS.reference]


def test_the_note_goes_once_there_is_none_and_not_while_nobody_knows() -> None:
    live = servers(MONITORED, serves=[POD_MONITORS])
    made = applied(one_of(plan(MONITORED, serves=[POD_MONITORS]).apply, "PodMonitor"))
    assert noted(plan({}, live, made, serves=[POD_MONITORS])) == "PodMonitor"
    assert noted(plan({}, live, serves=[POD_MONITORS])) is None
    assert noted(plan({}, live, serves=[])) is None, "objects of a kind that is not there are not there"
    cr = cluster({})
    seen = inputs(cr, live)
    unreadable = replace(seen, found={**seen.found, POD_MONITORS.reference: Forbidden("no list")})
    assert noted(plan_of(cr, unreadable)) == "PodMonitor"
