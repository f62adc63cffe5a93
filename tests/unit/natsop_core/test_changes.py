"""Changes, planned with what the old custom resource runs as live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from natsop_core.changes import PlannedChange, as_live, claims_of, plan_change
from natsop_core.drift import is_as_applied
from natsop_core.guards import GUARDS
from natsop_core.live import reduce_metadata
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.offline import inputs_at_hand, render
from tests import tokens
from tests.unit.natsop_core.guard_cases import CASES, SYSTEM, Case
from tests.unit.natsop_core.world import NOW, Object, box, cluster, cluster_object, inputs, one_of, plan_of, secret

NOTHING = inputs_at_hand([], NOW)

OPERATOR = tokens.operator()
JWTS = secret(
    "jwt",
    operator=tokens.operator_jwt(OPERATOR, system_account=SYSTEM.public_key),
    system=tokens.account_jwt(SYSTEM, OPERATOR),
)
AT_HAND = inputs_at_hand([JWTS], NOW)

RUNNING_CASES = {
    name: case for name, case in CASES.items() if case.committed.has_servers and not case.committed.is_taken_over
}
"""Those that an old custom resource can tell of: its servers run, and we have made them."""


def change(old: Object, new: Object, **metadata: Any) -> PlannedChange:
    return plan_change(cluster(old, uid=""), cluster(new, uid="", **metadata), before=AT_HAND, after=AT_HAND)


def replicas(count: int, **config: Any) -> Object:
    return {"replicas": count, "config": {"jetstream": {"enabled": True}, **config}}


def reasons(planned: PlannedChange) -> list[str]:
    return [finding.reason for finding in planned.refused]


def test_what_did_not_change_becomes_what_it_is_rendered_to() -> None:
    spec = replicas(3)
    planned = change(spec, spec)
    rendered = render(cluster(spec, uid=""), NOTHING).objects
    assert rendered is not None
    assert [_identity(each) for each in planned.objects] == [_identity(each) for each in rendered]
    assert [each.get("spec") for each in planned.objects] == [each.get("spec") for each in rendered]
    assert not planned.is_refused


@pytest.mark.parametrize("case", RUNNING_CASES.values(), ids=list(RUNNING_CASES))
def test_a_change_that_a_guard_refuses_is_refused_and_everything_goes_with_what_stays(case: Case) -> None:
    planned = change(case.back, case.wanted)
    [guard] = [each for each in GUARDS if each.name == case.guard]
    assert planned.invalid or reasons(planned) == [guard.reason]
    assert all(reason.startswith(f"{guard.reason}: ") for reason in planned.reasons if not planned.invalid)
    assert contents(planned.objects) == contents(change(case.back, case.back).objects)


@pytest.mark.parametrize(
    "case",
    [case for case in RUNNING_CASES.values() if case.allows.startswith("replicas=")],
    ids=lambda case: str(case.allows),
)
def test_a_change_that_is_let_through_is_warned_of(case: Case) -> None:
    allowed = change(case.back, case.wanted, annotations={ALLOW_DATA_LOSS_ANNOTATION: case.allows})
    assert not allowed.is_refused
    assert "DataLossAllowed" in [each.reason for each in allowed.notices]


def contents(objects: Iterable[Object]) -> dict[tuple[str, str], Any]:
    """What the objects say, without the notes on what was asked for."""
    return {_identity(each): each.get("spec", each.get("data")) for each in objects}


def test_what_is_changed_beside_a_refused_change_happens() -> None:
    planned = change(replicas(3), replicas(1, nats={"port": 4333}))
    stateful_set = one_of(planned.objects, "StatefulSet")
    assert reasons(planned) == ["UnsafeScale"]
    assert stateful_set["spec"]["replicas"] == 3
    assert "port: 4333" in one_of(planned.objects, "ConfigMap")["data"]["nats.conf"]


def test_a_change_that_an_api_server_refuses_changes_nothing_at_all() -> None:
    planned = change(replicas(3), replicas(3, serverNamePrefix="east-", nats={"port": 4333}))
    assert [problem.rule for problem in planned.invalid] == ["server-name-prefix-stays"]
    assert "port: 4222" in one_of(planned.objects, "ConfigMap")["data"]["nats.conf"]


def test_what_a_lone_server_is_called_may_change() -> None:
    assert not change(replicas(1), replicas(1, serverNamePrefix="east-")).is_refused


def test_more_servers_are_no_danger() -> None:
    planned = change(replicas(3), replicas(5))
    assert (planned.is_refused, one_of(planned.objects, "StatefulSet")["spec"]["replicas"]) == (False, 5)


def test_what_an_earlier_status_remembers_counts() -> None:
    old = cluster({"replicas": 1, "config": {"jetstream": {"enabled": True}}}, status={"jetStreamReplicas": 3}, uid="")
    planned = plan_change(old, cluster(replicas(1), uid=""), before=NOTHING, after=NOTHING)
    assert reasons(planned) == ["UnsafeScale"]
    assert one_of(planned.objects, "StatefulSet")["spec"]["replicas"] == 3


def test_what_is_found_in_any_case_is_no_refusal() -> None:
    spec = {"service": {"enabled": False}, "config": {"websocket": {"enabled": True, "ingress": _ingress()}}}
    found = render(cluster(spec, uid=""), NOTHING).findings
    assert found
    assert not change({}, spec).is_refused


def test_what_the_operator_warns_of_is_told_where_the_change_brings_it() -> None:
    tagged = {"image": {"tag": "2.12.0-alpine"}}
    assert [each.reason for each in change(replicas(3) | tagged, replicas(3)).notices] == ["ImageKept"]
    two = {"replicas": 2, "config": {"jetstream": {"enabled": True, "fileStore": {"enabled": False}}}}
    assert [each.reason for each in change({"replicas": 2}, two).notices] == ["TwoServers"]
    assert not change(two, two).notices


def test_objects_that_are_no_more_wanted_are_gone() -> None:
    planned = change({"replicas": 3}, {"replicas": 3, "podDisruptionBudget": {"enabled": False}})
    assert "PodDisruptionBudget" not in [each["kind"] for each in planned.objects]


def test_a_box_is_planned_beside_its_cluster() -> None:
    before = inputs_at_hand([cluster_object()], NOW)
    after = inputs_at_hand([cluster_object({"config": {"nats": {"port": 4333}}})], NOW)
    resource = box({"clusterRef": {"name": "c"}}, uid="")
    old = plan_change(resource, resource, before=before, after=before)
    new = plan_change(resource, resource, before=before, after=after)
    assert one_of(old.objects, "Secret")["data"] != one_of(new.objects, "Secret")["data"]
    assert not new.is_refused


def test_nobody_owns_the_objects_of_a_change() -> None:
    planned = plan_change(cluster(replicas(3)), cluster(replicas(5)), before=NOTHING, after=NOTHING)
    assert not any("ownerReferences" in each["metadata"] for each in planned.objects)


def test_what_is_taken_for_live_is_as_it_was_applied() -> None:
    resource = cluster(replicas(3))
    for manifest in plan_of(resource, inputs(resource)).apply:
        live = as_live(manifest)
        assert is_as_applied(manifest, reduce_metadata(live["metadata"]))
    assert as_live(one_of(plan_of(resource, inputs(resource)).apply, "StatefulSet"))["status"]["readyReplicas"] == 3


def test_every_server_has_its_claims() -> None:
    resource = cluster(replicas(3))
    stateful_set = one_of(plan_of(resource, inputs(resource)).apply, "StatefulSet")
    claims = list(claims_of(stateful_set))
    assert [claim["metadata"]["name"] for claim in claims] == ["jetstream-c-0", "jetstream-c-1", "jetstream-c-2"]
    assert claims[0]["metadata"]["labels"].items() >= stateful_set["spec"]["selector"]["matchLabels"].items()
    assert claims[0]["status"]["capacity"] == {"storage": "10Gi"}


def _ingress() -> Object:
    return {"enabled": True, "hosts": ["nats.example.com"]}


def _identity(obj: Object) -> tuple[str, str]:
    return obj["kind"], obj["metadata"]["name"]
