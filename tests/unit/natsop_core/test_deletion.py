"""The deletion of a NatsCluster with NACK Accounts: these first, the servers last, and what holds it is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core import names
from natsop_core.actions import SetFinalizers
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.conclude import conclude_cluster
from natsop_core.inputs import Forbidden, Found, Inputs
from natsop_core.kinds import CLUSTERS, NACK_ACCOUNTS, NACK_CONSUMERS, NACK_STREAMS, USING_ACCOUNTS, ApiResource
from natsop_core.outcomes import Applied, Failed, Outcomes, Rejected
from natsop_core.plan import Plan
from natsop_core.references import ListRef, Reference
from natsop_core.report import NO_REPORT, Report
from tests.unit.natsop_core.resolve.nack_accounts import SECRETS, WANTED, live_account
from tests.unit.natsop_core.world import (
    Object,
    cluster,
    cluster_object,
    conditions,
    inputs,
    live_children,
    message,
    missing_for,
    plan_of,
    said_before,
)

FINALIZER = names.ACCOUNTS_FINALIZER
DELETED: Object = {"deletionTimestamp": "2026-01-02T03:00:00Z", "finalizers": [FINALIZER]}
CR = cluster(WANTED, **DELETED)
CHILDREN = [each for each in live_children(cluster(WANTED), *SECRETS) if each["kind"] != "Account"]
ACCOUNT = live_account()
KEY = CLUSTERS.key("prod", "c")
TYPE = "DeletionBlocked"


def user(name: str, account: Any = "c-app") -> Object:
    return {"metadata": {"name": name, "namespace": "prod"}, "spec": {"name": name.upper(), "account": account}}


def listing(resource: ApiResource) -> ListRef:
    return ListRef(resource.api_version, resource.kind, "prod")


def seen(*objects: Object, streams: Any = (), consumers: Any = (), cr: Any = CR) -> Inputs:
    """NACK is there, with these Streams and Consumers."""
    known = inputs(cr, *objects, serves=[NACK_ACCOUNTS])
    used: dict[Reference, Found] = {listing(NACK_STREAMS): streams, listing(NACK_CONSUMERS): consumers}
    return replace(known, found={**known.found, **used})


def report(now: Inputs, outcomes: Outcomes | None = None, *, cr: Any = CR) -> Report:
    return conclude_cluster(cr, now, plan_of(cr, now), outcomes or {})


def pruned(done: Plan) -> list[str]:
    return [str(child.key) for child in done.prune]


def test_accounts_go_first_and_all_else_stays() -> None:
    done = plan_of(CR, seen(*CHILDREN, ACCOUNT))
    assert pruned(done) == ["Account prod/c-app"]
    assert {key.kind for key in done.keep} >= {"StatefulSet", "Service", "ConfigMap", "Secret"}
    assert (done.apply, done.actions) == ((), ())


def test_once_none_is_left_the_finalizer_goes_and_there_is_nobody_to_tell() -> None:
    now = seen(*CHILDREN)
    assert plan_of(CR, now).actions == (SetFinalizers(KEY, CR.metadata.uid, "10", ()),)
    assert report(now, {KEY: Applied()}) == NO_REPORT


def test_with_another_finalizer_the_condition_goes_with_ours() -> None:
    """A foreground deletion still waits for the servers then."""
    cr = cluster(WANTED, **{**DELETED, "finalizers": ["foregroundDeletion", FINALIZER]})
    now = seen(*CHILDREN, cr=cr)
    assert [each.finalizers for each in plan_of(cr, now).actions if isinstance(each, SetFinalizers)] == [
        ("foregroundDeletion",)
    ]
    assert TYPE not in conditions(report(now, {KEY: Applied()}, cr=cr).status)


def test_without_the_finalizer_nothing_is_asked_done_or_said() -> None:
    cr = cluster(WANTED, **{**DELETED, "finalizers": ["example.com/theirs"]})
    assert NACK_ACCOUNTS.reference not in missing_for(cr, Inputs(now=inputs(cr).now))
    now = seen(*CHILDREN, ACCOUNT, cr=cr)
    done = plan_of(cr, now)
    assert (done.prune, done.actions) == ((), ())
    assert report(now, cr=cr) == NO_REPORT


def test_an_account_in_use_waits_for_its_last_user_whom_the_condition_names() -> None:
    now = seen(*CHILDREN, ACCOUNT, streams=(user("orders"), user("theirs", "other")), consumers=(user("billing"),))
    assert pruned(plan_of(CR, now)) == []
    said = report(now)
    assert conditions(said.status)[TYPE] == ("True", "AccountsInUse")
    assert conditions(said.status)["Ready"][0] == "False"
    assert "Account c-app is used by Stream orders, Consumer billing." in message(said.status, TYPE)
    assert "theirs" not in message(said.status, TYPE)
    assert [(each.type, each.reason) for each in said.events] == [("Warning", "AccountsInUse")]
    assert said.requeue_after == 5.0


def test_what_uses_one_account_holds_no_other() -> None:
    other = live_account("c-other")
    done = plan_of(CR, seen(*CHILDREN, ACCOUNT, other, streams=(user("orders"),)))
    assert pruned(done) == ["Account prod/c-other"]
    assert NACK_ACCOUNTS.key("prod", "c-app") in done.keep


def test_the_event_is_sent_once_and_the_looks_become_rare() -> None:
    held = said_before(TYPE, "True", "AccountsInUse", seconds=400)
    cr = cluster(WANTED, status={"conditions": [held]}, **DELETED)
    said = report(seen(*CHILDREN, ACCOUNT, streams=(user("orders"),), cr=cr), cr=cr)
    assert (said.events, said.requeue_after) == ((), 40.0)


def test_what_nack_has_not_released_yet_is_named() -> None:
    said = report(seen(*CHILDREN, ACCOUNT), {NACK_ACCOUNTS.key("prod", "c-app"): Applied()})
    assert conditions(said.status)[TYPE] == ("True", "AccountsNotReleased")
    assert said.events == ()


def test_where_streams_may_not_be_listed_nack_is_trusted_and_people_are_told_what_to_run() -> None:
    forbidden = Forbidden("streams is forbidden")
    now = seen(*CHILDREN, ACCOUNT, streams=forbidden)
    assert pruned(plan_of(CR, now)) == ["Account prod/c-app"]
    said = message(report(now).status, TYPE)
    assert "not allowed to list streams" in said
    assert "kubectl get streams,consumers,keyvalues,objectstores --namespace prod" in said


def test_where_accounts_may_not_be_listed_nothing_goes() -> None:
    now = inputs(CR, *CHILDREN)
    now = replace(now, found={**now.found, NACK_ACCOUNTS.reference: Forbidden("accounts is forbidden")})
    assert plan_of(CR, now).actions == ()
    assert conditions(report(now).status)[TYPE] == ("True", "Forbidden")


def test_without_nack_there_can_be_no_account_and_nothing_holds() -> None:
    done = plan_of(CR, inputs(CR, *CHILDREN, serves=[]))
    assert [each.finalizers for each in done.actions if isinstance(each, SetFinalizers)] == [()]


@pytest.mark.parametrize("left", [[], ["StatefulSet"]], ids=["gone", "going"])
def test_without_servers_it_is_said_how_nack_can_go_on(left: list[str]) -> None:
    """As after a foreground deletion."""
    children = [{**each, "metadata": {**each["metadata"], **DELETED}} for each in CHILDREN if each["kind"] in left]
    said = report(seen(*children, ACCOUNT, streams=(user("orders"),)))
    assert conditions(said.status)[TYPE] == ("True", "ServersDeleted")
    assert "spec.preventDelete" in message(said.status, TYPE)


def test_an_invalid_one_is_deleted_alike() -> None:
    cr = read_cluster(cluster_object({"replicas": -1}, **DELETED))
    assert isinstance(cr, InvalidResource)
    now = seen(*CHILDREN, ACCOUNT, streams=(user("orders"),), cr=cr)
    assert conditions(report(now, cr=cr).status)[TYPE] == ("True", "AccountsInUse")
    assert pruned(plan_of(cr, seen(*CHILDREN, ACCOUNT, cr=cr))) == ["Account prod/c-app"]


def test_a_finalizer_that_cannot_be_removed_is_told() -> None:
    refused = report(seen(*CHILDREN), {KEY: Rejected("natsclusters is forbidden")})
    assert conditions(refused.status)["Degraded"] == ("True", "ApplyRejected")
    retried = report(seen(*CHILDREN), {KEY: Failed("conflict", 1.0)})
    assert conditions(retried.status)["Progressing"] == ("True", "Retrying")


def test_many_users_are_told_in_few_words() -> None:
    streams = tuple(user(f"s{number}") for number in range(1000))
    said = message(report(seen(*CHILDREN, ACCOUNT, streams=streams)).status, TYPE)
    assert "and 990 more" in said


@pytest.mark.parametrize("spec", [None, [], {}, {"account": 7}, {"account": ["c-app"]}])
def test_what_names_no_account_uses_none(spec: Any) -> None:
    odd = {"metadata": {"name": "odd"}, "spec": spec}
    assert pruned(plan_of(CR, seen(*CHILDREN, ACCOUNT, streams=(odd,)))) == ["Account prod/c-app"]


def test_all_that_may_use_an_account_is_looked_at() -> None:
    now = seen(*CHILDREN, ACCOUNT)
    missing = missing_for(CR, replace(now, found=_without_lists(now), is_complete=False))
    assert {each.kind for each in missing if isinstance(each, ListRef)} == {kind.kind for kind in USING_ACCOUNTS}


def _without_lists(now: Inputs) -> Any:
    return {reference: found for reference, found in now.found.items() if not isinstance(reference, ListRef)}
