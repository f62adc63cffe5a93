"""A reconciliation's inputs, what it records and logs, and its result when only some steps fail."""

from __future__ import annotations

import logging

import pytest

from natsop_core.inputs import Settings
from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, NACK_ACCOUNTS
from natsop_core.outcomes import Applied, Failed, Outcomes
from natsop_core.plan import Plan
from natsop_core.references import ChildrenRef, ObjectKey, ObjectRef, Reference
from natsop_core.report import Event
from natsop_runtime.api_server.errors import ConflictError
from natsop_runtime.cache.informers import Change
from natsop_runtime.reconciler import MAX_ROUNDS, Result
from tests.unit.natsop_runtime.logged import logged, messages
from tests.unit.natsop_runtime.reconciled import FIRST, KEPT, KEY, RECOVERED, SECOND, Object, World, custom_resource

TARGET = CONFIG_MAPS.key("prod", "target")
MANIFEST = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "target", "namespace": "prod"}}


def condition(status: str) -> Object:
    return {"conditions": [{"type": "Ready", "status": status, "reason": "Why", "message": "In words."}]}


def test_the_core_is_given_the_settings_and_chance() -> None:
    world = World(raw=custom_resource())
    world.settings = Settings(nack_integration="disabled")
    world.reconcile()
    assert {(each.settings, each.entropy) for each in world.inputs} == {(world.settings, b"chance")}


def test_what_the_plan_applies_and_what_was_found_concerns_the_custom_resource_and_nothing_else() -> None:
    world = World(raw=custom_resource())
    world.plan = Plan(apply=(MANIFEST,))
    earlier = CONFIG_MAPS.key("prod", "earlier")
    world.index.add(KEY, [earlier])
    world.reconcile()
    assert [set(world.index.dependents(key)) for key in (FIRST.key, SECOND.key, TARGET)] == [{KEY}] * 3
    assert not world.index.dependents(earlier)


def test_children_are_read_again_once_a_kind_is_watched_that_may_have_some() -> None:
    world = World(raw=custom_resource())
    children = ChildrenRef("prod", "uid-c")
    world.wanted = (children, NACK_ACCOUNTS.reference)
    world.reconcile()
    assert world.rounds == [(children,), (NACK_ACCOUNTS.reference, children)]


def test_a_plan_that_needs_ever_more_is_given_up() -> None:
    class Insatiable(World):
        async def fetch(self, references: tuple[Reference, ...]) -> dict[Reference, Object | None]:  # type: ignore[override]
            self.wanted += (ObjectRef(CONFIG_MAPS.key("prod", f"x{len(self.wanted)}")),)
            return await super().fetch(references)

    world = Insatiable(raw=custom_resource())
    with pytest.raises(RuntimeError, match=rf"no plan for NatsCluster prod/c after {MAX_ROUNDS} rounds"):
        world.reconcile()


@pytest.mark.parametrize(
    ("outcomes", "succeeded"),
    [
        ({FIRST.key: Failed("no", 1.0), SECOND.key: Applied()}, False),
        ({FIRST.key: Applied(), SECOND.key: Applied()}, True),
    ],
)
def test_one_step_that_failed_is_enough_to_try_again(outcomes: Outcomes, *, succeeded: bool) -> None:
    world = World(raw=custom_resource())
    world.outcomes = outcomes
    assert world.reconcile() == Result(succeeded, 30)


def test_after_a_conflict_it_is_reconciled_again_at_once() -> None:
    world = World(raw=custom_resource(), answer=ConflictError("changed"))
    assert world.reconcile() == Result(True, 0.0)


def test_a_custom_resource_that_goes_while_its_plan_is_carried_out_is_reported_on_as_it_was() -> None:
    class Goes(World):
        async def execute(self, key: ObjectKey, plan: Plan, expectations: set[Change]) -> Outcomes:
            self.raw = None
            return await super().execute(key, plan, expectations)

    world = Goes(raw=custom_resource())
    world.reconcile()
    assert [body["metadata"]["resourceVersion"] for body in world.statuses] == ["10"]


def test_a_report_without_a_status_writes_none_and_tells_each_event_once() -> None:
    world = World(raw=custom_resource())
    world.status, world.to_tell = None, (RECOVERED, KEPT)
    world.foreign_writes = None
    world.reconcile()
    assert world.statuses == []
    assert world.events == [KEPT, RECOVERED]


def test_a_status_is_that_of_a_custom_resource_of_this_kind() -> None:
    world = World(raw=custom_resource())
    world.reconcile()
    [body] = world.statuses
    assert (body["apiVersion"], body["kind"]) == (CLUSTERS.api_version, CLUSTERS.kind)


def test_the_log_tells_of_conditions_that_change_with_all_fields() -> None:
    world = World(raw=custom_resource(status=condition("False")))
    world.status, world.to_tell = condition("True"), tuple[Event]()
    with logged() as lines:
        world.reconcile()
    [line] = lines
    assert "Ready" in line["message"]
    fields = {"condition": "Ready", "oldStatus": "False", "status": "True", "reason": "Why"}
    assert fields.items() <= line.items()


@pytest.mark.parametrize("level", [logging.DEBUG, logging.INFO])
def test_the_debug_log_explains_a_reconciliation(level: int) -> None:
    world = World(raw=custom_resource())
    with logged(logging.getLevelName(level)) as lines:
        world.reconcile()
    said = ["reading Secret prod/first", "reading Secret prod/second", "status written"]
    assert messages(lines) == (said if level == logging.DEBUG else [])
