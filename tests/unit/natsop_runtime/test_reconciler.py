"""One reconciliation: what it asks for, what it writes, and which of its own changes it expects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from natsop_core.outcomes import Failed, Rejected
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ConflictError, NotFoundError, UnavailableError
from natsop_runtime.cache.informers import Change
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.reconciler import RESYNC, Result
from tests.unit.natsop_runtime.reconciled import (
    FIRST,
    KEPT,
    KEY,
    READY,
    RECOVERED,
    SECOND,
    Object,
    World,
    custom_resource,
)


def test_references_are_asked_for_until_nothing_is_missing() -> None:
    world = World(raw=custom_resource())
    assert world.reconcile() == Result(True, 30)
    assert world.rounds == [(FIRST,), (SECOND,)]
    assert set(world.index.dependents(SECOND.key)) == {KEY}


def test_a_reference_is_recorded_before_it_is_fetched() -> None:
    world = World(raw=custom_resource())
    world.unavailable = True
    with pytest.raises(UnavailableError):
        world.reconcile()
    assert set(world.index.dependents(FIRST.key)) == {KEY}


def test_a_status_that_is_so_already_is_not_written() -> None:
    world = World(raw=custom_resource(status=READY))
    world.reconcile()
    assert world.statuses == []


def test_a_status_is_written_to_what_was_read_and_is_no_reason_to_look_again() -> None:
    world = World(raw=custom_resource())
    world.reconcile()
    (body,) = world.statuses
    assert body["metadata"] == {"name": "c", "namespace": "prod", "resourceVersion": "10"}
    assert body["status"] == READY
    assert world.expectations == {Change(KEY, "11")}
    assert world.events == [RECOVERED]


@pytest.mark.parametrize(("is_own", "version"), [(True, "12"), (False, "10")], ids=["by us", "by others"])
def test_a_status_is_about_what_the_plan_made_of_the_custom_resource(*, is_own: bool, version: str) -> None:
    """What others have made of it meanwhile is to be looked at anew."""
    world = World(raw=custom_resource())
    world.written_meanwhile, world.is_own_write = custom_resource(12), is_own
    world.reconcile()
    assert [body["metadata"]["resourceVersion"] for body in world.statuses] == [version]


def test_a_custom_resource_that_was_deleted_meanwhile_is_told_nothing() -> None:
    world = World(raw=custom_resource(), answer=NotFoundError("gone"))
    assert world.reconcile() == Result(True, 30)
    assert (world.expectations, world.events, world.looked_at) == (set(), [], [])


@pytest.mark.parametrize("found", [custom_resource(11), None], ids=["changed", "deleted since"])
def test_a_custom_resource_that_was_changed_meanwhile_is_looked_at_again_at_once(found: Object | None) -> None:
    """That is no failure. It is looked at as the API server has it, and not as a late watch may still have it."""
    world = World(raw=custom_resource(), answer=ConflictError("changed"))
    world.found = found
    assert world.reconcile() == Result(True, 0)
    assert (world.expectations, world.events) == (set(), [])
    assert (world.looked_at, world.taken_in) == ([KEY], [found] if found else [])


def test_who_cannot_be_looked_at_again_fails() -> None:
    world = World(raw=custom_resource(), answer=ConflictError("changed"))
    world.unavailable_later = True
    with pytest.raises(UnavailableError):
        world.reconcile()


def test_of_a_custom_resource_that_is_gone_nothing_is_remembered() -> None:
    world = World(raw=custom_resource())
    world.reconcile()
    assert world.forgotten == []
    world.raw = None
    assert world.reconcile() == Result(True, None)
    assert not world.index.dependents(FIRST.key)
    assert world.forgotten == [KEY]


def test_a_step_that_did_not_get_through_is_a_failure_so_that_pauses_grow() -> None:
    world = World(raw=custom_resource())
    world.outcome, world.requeue_after = Failed("overloaded", 1), 1
    assert world.reconcile() == Result(False, 1)


def test_an_object_that_the_api_server_refuses_for_good_is_none() -> None:
    world = World(raw=custom_resource())
    world.outcome = Rejected("no")
    assert world.reconcile() == Result(True, 30)


def test_everything_is_looked_at_again_by_and_by() -> None:
    world = World(raw=custom_resource())
    world.requeue_after = None
    assert world.reconcile() == Result(True, RESYNC)
    world.requeue_after = 2 * RESYNC
    assert world.reconcile() == Result(True, RESYNC)


def test_what_was_just_done_is_told_though_the_status_cannot_be_written() -> None:
    world = World(raw=custom_resource(), answer=ConflictError("changed"))
    world.to_tell = (RECOVERED, KEPT)
    world.reconcile()
    assert world.events == [KEPT]


def test_what_takes_long_to_decide_about_is_decided_in_a_thread() -> None:
    light, heavy = World(raw=custom_resource()), World(raw=custom_resource())
    heavy.secret = {"data": {"nats.conf": "x" * 100_000}}
    for world in (light, heavy):
        world.reconcile()
    assert set(light.threads) == {threading.main_thread()}
    [first, *others] = heavy.threads
    assert first is threading.main_thread(), "nothing was known yet"
    assert threading.main_thread() not in others


class Statuses(ForeignWrites):
    """What a reconciliation says of the status, by the version of the custom resource."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def status_read(self, _key: ObjectKey, custom_resource: Object) -> None:
        self.said.append(f"read {custom_resource['metadata']['resourceVersion']}")

    @contextmanager
    def writing_status(self, _key: ObjectKey) -> Iterator[None]:
        self.said.append("writes")
        yield

    def status_written(self, _key: ObjectKey, custom_resource: Object) -> None:
        self.said.append(f"written {custom_resource['metadata']['resourceVersion']}")

    def forget(self, _key: ObjectKey) -> None:
        self.said.append("gone")


def test_who_looks_for_foreign_writes_is_told_what_was_read_and_written() -> None:
    world = World(raw=custom_resource())
    world.foreign_writes = statuses = Statuses()
    world.reconcile()
    world.raw = None
    world.reconcile()
    assert statuses.said == ["read 10", "writes", "written 11", "gone"]
