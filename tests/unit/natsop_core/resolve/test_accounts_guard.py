"""The finalizer: on the NatsCluster before its first NACK Account is made, until the last one is gone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core import names
from natsop_core.actions import SetFinalizers
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.inputs import Forbidden, Inputs, Settings
from natsop_core.kinds import CLUSTERS, NACK_ACCOUNTS
from natsop_core.plan import Plan
from natsop_core.references import ApiGroupRef
from tests.unit.natsop_core.resolve.jwt_clusters import spec
from tests.unit.natsop_core.resolve.nack_accounts import SECRETS, WANTED, live_account
from tests.unit.natsop_core.world import NOW, UID, Object, cluster, cluster_object, inputs, missing_for, plan_of

FINALIZER = names.ACCOUNTS_FINALIZER
OTHERS = ("example.com/b", "example.com/a")
KEY = CLUSTERS.key("prod", "c")
NOTHING = object()


def plan(wanted: Object, *objects: Object, finalizers: tuple[str, ...] = (), **seen: Any) -> Plan:
    cr = cluster(wanted, finalizers=list(finalizers))
    return plan_of(cr, inputs(cr, *objects, **{"serves": [NACK_ACCOUNTS], **seen}))


def finalizers_of(done: Plan) -> object:
    """The finalizers that are set; NOTHING when they are left alone."""
    actions = [each for each in done.actions if isinstance(each, SetFinalizers)]
    return actions[0].finalizers if actions else NOTHING


def test_it_is_set_before_the_first_account_is_made() -> None:
    done = plan(WANTED, *SECRETS)
    assert done.actions == (SetFinalizers(KEY, UID, "10", (FINALIZER,)),)
    assert KEY in done.after[NACK_ACCOUNTS.key("prod", "c-app")]


def test_those_of_others_stay_in_their_order() -> None:
    assert finalizers_of(plan(WANTED, *SECRETS, finalizers=OTHERS)) == (*OTHERS, FINALIZER)
    assert finalizers_of(plan(spec(), *SECRETS, finalizers=(OTHERS[0], FINALIZER, OTHERS[1]))) == OTHERS


def test_at_rest_nothing_is_written() -> None:
    assert finalizers_of(plan(WANTED, *SECRETS, live_account(), finalizers=(FINALIZER,))) is NOTHING
    assert finalizers_of(plan(spec(), *SECRETS)) is NOTHING


@pytest.mark.parametrize("off", [Settings(), Settings(nack_integration="disabled")], ids=["auto", "disabled"])
def test_as_long_as_there_is_an_account_it_stays_though_none_is_wanted(off: Settings) -> None:
    """One that is pruned may be held by NACK for long."""
    assert finalizers_of(plan(spec(), *SECRETS, live_account(), finalizers=(FINALIZER,), settings=off)) is NOTHING
    assert finalizers_of(plan(spec(), *SECRETS, finalizers=(FINALIZER,), settings=off)) == ()


def test_accounts_that_an_older_operator_made_are_guarded_too() -> None:
    assert finalizers_of(plan(spec(), *SECRETS, live_account())) == (FINALIZER,)


def test_it_goes_when_nack_is_uninstalled_for_then_there_can_be_no_account() -> None:
    assert finalizers_of(plan(WANTED, *SECRETS, finalizers=(FINALIZER,), serves=[])) == ()


def test_it_stays_while_accounts_may_not_be_listed() -> None:
    for wanted in (WANTED, spec()):
        cr = cluster(wanted, finalizers=[FINALIZER])
        assert finalizers_of(plan_of(cr, _unreadable(inputs(cr, *SECRETS)))) is NOTHING


@pytest.mark.parametrize("off", [Settings(), Settings(nack_integration="disabled")], ids=["auto", "disabled"])
def test_with_it_accounts_are_looked_for_whatever_else_was_forgotten(off: Settings) -> None:
    """Neither the status nor the StatefulSet, which may be lost, has to know of them."""
    assert _asks(cluster(spec(), finalizers=[FINALIZER]), off)
    assert not _asks(cluster(spec()), off)


def test_an_invalid_spec_changes_nothing_about_it() -> None:
    cr = read_cluster(cluster_object({"replicas": -1}, finalizers=[FINALIZER]))
    assert isinstance(cr, InvalidResource)
    assert finalizers_of(plan_of(cr, inputs(cr, live_account(), serves=[NACK_ACCOUNTS]))) is NOTHING
    assert finalizers_of(plan_of(cr, inputs(cr, serves=[NACK_ACCOUNTS]))) == ()


def test_where_nothing_can_be_planned_it_stays_with_the_accounts() -> None:
    wanted = {**WANTED, "replicas": 3, "config": {"cluster": {"routeURLs": {"authSecretRef": {"name": "not-there"}}}}}
    done = plan(wanted, *SECRETS, live_account(), finalizers=(FINALIZER,))
    assert not done.apply
    assert finalizers_of(done) is NOTHING
    assert finalizers_of(plan(wanted, *SECRETS, finalizers=(FINALIZER,))) == ()


def _unreadable(seen: Inputs) -> Inputs:
    return replace(seen, found={**seen.found, NACK_ACCOUNTS.reference: Forbidden("no list")})


def _asks(cr: Any, settings: Settings) -> bool:
    missing = missing_for(cr, Inputs(now=NOW, settings=settings))
    return any(isinstance(each, ApiGroupRef) and each == NACK_ACCOUNTS.reference for each in missing)
