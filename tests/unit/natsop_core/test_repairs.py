"""What counts as a repair, who is fought with, and how long to wait before the next one."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Final

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.kinds import SERVICES
from natsop_core.live import reduce_metadata
from natsop_core.names import APPLIED_ANNOTATION
from natsop_core.outcomes import Applied, Repair, Unchanged
from natsop_core.repairs import RepairRow, fields_to_repair, next_in_row, over_in, pause_before, rival
from tests.unit.natsop_core.world import applied, cluster, inputs, one_of, plan_of

Object = dict[str, Any]

CLUSTER: Final = cluster({})
SERVICE: Final = next(each for each in plan_of(CLUSTER, inputs(CLUSTER)).apply if each["metadata"]["name"] == "c")
SERVERS: Final = one_of(plan_of(CLUSTER, inputs(CLUSTER)).apply, "StatefulSet")
CONFIG: Final = one_of(plan_of(CLUSTER, inputs(CLUSTER)).apply, "ConfigMap")
CLIENT_PORT: Final = 'k:{"port":4222,"protocol":"TCP"}'
PORT: Final = ("spec.ports[port=4222,protocol=TCP]",)
REPLICAS: Final = ("spec.replicas",)


def taken(manifest: Object, *path: str, by: Object | None = None, stamp: str = "") -> Object:
    """The live object after somebody has changed what lies at this path of our fields, and perhaps our stamp."""
    live = applied(manifest)
    entry = live["metadata"]["managedFields"][0]
    entry["fieldsV1"] = fields = copy.deepcopy(entry["fieldsV1"])
    for key in path[:-1]:
        fields = fields[key]
    del fields[path[-1]]
    live["metadata"]["annotations"][APPLIED_ANNOTATION] = stamp or live["metadata"]["annotations"][APPLIED_ANNOTATION]
    live["metadata"]["managedFields"] += [by] if by else []
    return live


def edit(manager: str, fields: Object, *, time: str = "2026-01-02T03:04:05Z", **more: str) -> Object:
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": fields, **more}


def to_repair(manifest: Object, live: Object) -> tuple[str, ...]:
    return fields_to_repair(manifest, reduce_metadata(live["metadata"]))


def test_what_others_took_is_named_as_people_write_it() -> None:
    assert to_repair(SERVICE, taken(SERVICE, "f:spec", "f:ports", CLIENT_PORT)) == PORT
    assert to_repair(SERVERS, taken(SERVERS, "f:spec", "f:replicas")) == REPLICAS
    assert to_repair(CONFIG, taken(CONFIG, "f:data")) == ("data.nats.conf",), "the only one of several"


def test_an_object_that_nobody_touched_needs_no_repair() -> None:
    assert to_repair(SERVICE, applied(SERVICE)) == ()


def test_a_change_that_we_want_ourselves_is_no_repair() -> None:
    earlier = {**SERVICE, "metadata": {**SERVICE["metadata"], "annotations": {APPLIED_ANNOTATION: "earlier"}}}
    assert to_repair(SERVICE, applied(earlier)) == ()


def test_who_overwrites_the_whole_object_changes_our_stamp_too() -> None:
    path = ("f:metadata", "f:annotations", f"f:{APPLIED_ANNOTATION}")
    alone = taken(SERVICE, *path, stamp="mine")
    assert to_repair(SERVICE, alone) == (f"metadata.annotations.{APPLIED_ANNOTATION}",)
    more = taken(SERVICE, "f:metadata", stamp="mine")
    assert to_repair(SERVICE, more) == ()
    del alone["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]["f:ports"]
    assert to_repair(SERVICE, alone) == PORT


def test_only_some_of_many_fields_are_named() -> None:
    live = applied(SERVICE)
    live["metadata"]["managedFields"][0]["fieldsV1"] = {"f:metadata": {}}
    assert len(to_repair(SERVICE, live)) == 3


def test_the_rival_is_who_holds_what_is_nearest_to_what_was_ours() -> None:
    others: Object = {"f:spec": {"f:ports": {'k:{"port":4333,"protocol":"TCP"}': {}}}}
    live = taken(SERVICE, "f:spec", "f:ports", CLIENT_PORT, by=edit("argocd", others))
    unconcerned: list[Object] = [
        edit("labeller", {"f:metadata": {"f:labels": {"f:x": {}}}}, time="2026-01-02T09:00:00Z"),
        edit("controller", {"f:spec": {"f:ports": {CLIENT_PORT: {}}}}, subresource="status"),
    ]
    live["metadata"]["managedFields"] += unconcerned
    assert rival(SERVICE, live["metadata"]) == "argocd"


def test_of_two_as_near_the_later_is_the_rival() -> None:
    fields: Object = {"f:spec": {"f:replicas": {}}}
    live = taken(SERVERS, "f:spec", "f:replicas", by=edit("autoscaler", fields, time="2026-01-02T09:00:00Z"))
    live["metadata"]["managedFields"].append(edit("kubectl-edit", fields))
    assert rival(SERVERS, live["metadata"]) == "autoscaler"


def test_where_managed_fields_were_cleared_nobody_is_named() -> None:
    live = applied(SERVICE)
    live["metadata"]["managedFields"] = []
    assert rival(SERVICE, live["metadata"]) == ""


# Rows


def fight(*times: float, fields: tuple[str, ...] = PORT) -> RepairRow:
    row: RepairRow | None = None
    for now in times:
        row = next_in_row(row, fields, now)
    assert row is not None
    return row


def test_repairs_of_the_same_field_count_and_of_another_begin_anew() -> None:
    assert fight(0, 1, 2).latest.in_a_row == 3
    assert next_in_row(fight(0, 1, 2), REPLICAS, 3).latest.in_a_row == 1
    assert next_in_row(fight(0, 1, 2), (*REPLICAS, *PORT), 3).latest.in_a_row == 4, "they have one in common"


def test_five_repairs_are_made_at_once_and_then_one_a_minute() -> None:
    assert [pause_before(fight(*range(number)), PORT, number) for number in range(1, 5)] == [0, 0, 0, 0]
    assert pause_before(None, PORT, 0) == 0
    assert pause_before(fight(0, 1, 2, 3, 4), PORT, 5) == 59
    assert pause_before(fight(0, 1, 2, 3, 4), PORT, 64) == 0
    assert pause_before(fight(0, 1, 2, 3, 4, 64), PORT, 65) == 59


def test_another_field_of_the_same_object_does_not_wait() -> None:
    assert pause_before(fight(0, 1, 2, 3, 4), REPLICAS, 5) == 0


@pytest.mark.parametrize(
    ("times", "after"),
    [((0, 1), 180.0), ((0, 60), 180.0), ((0, 180), 420.0), ((0, 600), 1260.0), ((0, 1500), 1800.0), ((0,), 1800.0)],
)
def test_a_row_is_over_when_nobody_has_changed_the_field_for_long_enough(
    times: tuple[float, ...], after: float
) -> None:
    """A GitOps tool may come back every three or ten minutes only."""
    row = fight(*times)
    assert over_in(row, row.at) == after
    assert over_in(row, row.at + after) == 0
    assert next_in_row(row, PORT, row.at + after - 1).latest.in_a_row == len(times) + 1
    assert next_in_row(row, PORT, row.at + after).latest.in_a_row == 1
    assert pause_before(replace(row, latest=replace(row.latest, in_a_row=9)), PORT, row.at + after) == 0


@pytest.mark.parametrize("outcome", [Applied, Unchanged])
def test_a_fight_is_looked_at_again_when_it_is_over(outcome: Any) -> None:
    repair = Repair(PORT, "argocd", 3, over_in=47.0)
    key = SERVICES.key("prod", "c")

    def report(found: Repair) -> float | None:
        seen = inputs(CLUSTER)
        return conclude_cluster(CLUSTER, seen, plan_of(CLUSTER, seen), {key: outcome(repair=found)}).requeue_after

    assert report(repair) == 47.0
    assert report(replace(repair, in_a_row=2)) != 47.0, "an edit by hand is none"
