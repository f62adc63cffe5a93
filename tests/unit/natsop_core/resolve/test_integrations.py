"""The PodMonitor, and what optional kinds have in common: built where the API server knows them, noted before that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.drift import next_request
from natsop_core.inputs import Forbidden, Inputs
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from natsop_core.live import reduce_metadata
from natsop_core.names import OPTIONAL_KINDS_ANNOTATION
from natsop_core.outcomes import Unchanged
from natsop_core.plan import Plan
from natsop_core.rbac import cluster_role
from tests.unit.natsop_core.resolve.jwt_clusters import jwts, spec
from tests.unit.natsop_core.resolve.nack_accounts import NACK, SECRETS, WANTED, live_account, plan, report
from tests.unit.natsop_core.world import NOW, Object, applied, cluster, conditions, inputs, missing_for, one_of, plan_of

MONITORED = {"promExporter": {"enabled": True, "podMonitor": {"enabled": True, "interval": "30s"}}}
OPTIONAL_REFERENCES = (NACK_ACCOUNTS.reference, POD_MONITORS.reference)


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
