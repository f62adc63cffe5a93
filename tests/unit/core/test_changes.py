"""Changes, planned with what the old custom resource runs as live."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.changes import PlannedChange, as_live, claims_of, plan_change
from natsop_core.drift import is_as_applied
from natsop_core.live import reduce_metadata
from natsop_core.offline import inputs_at_hand, render
from tests.unit.core.world import NOW, Object, box, cluster, cluster_object, inputs, jetstream, one_of, plan_of

NOTHING = inputs_at_hand([], NOW)


def change(old: Object, new: Object, **metadata: Any) -> PlannedChange:
    return plan_change(cluster(old, uid=""), cluster(new, uid="", **metadata), before=NOTHING, after=NOTHING)


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


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (replicas(3), replicas(1), "UnsafeScale"),
        (replicas(1), replicas(3), "UnsafeScale"),
        (replicas(3), replicas(3, jetstream={"enabled": False}), "ImmutableField"),
        (
            replicas(3),
            jetstream(fileStore={"pvc": {"resources": {"requests": {"storage": "20Gi"}}}}) | {"replicas": 3},
            "ImmutableField",
        ),
        (replicas(3), replicas(3) | {"statefulSet": {"podManagementPolicy": "OrderedReady"}}, "ImmutableField"),
    ],
    ids=["3 to 1", "1 to 3", "JetStream off", "larger claims", "podManagementPolicy"],
)
def test_a_change_that_what_runs_forbids_is_refused_and_everything_goes_with_what_stays(
    old: Object, new: Object, reason: str
) -> None:
    planned = change(old, new)
    assert reasons(planned) == [reason]
    assert planned.reasons[0].startswith(f"{reason}: ")
    unchanged = {_identity(each): each.get("spec", each.get("data")) for each in change(old, old).objects}
    assert {_identity(each): each.get("spec", each.get("data")) for each in planned.objects} == unchanged


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
