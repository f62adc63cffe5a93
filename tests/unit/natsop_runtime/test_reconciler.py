"""One reconciliation: what it asks for, what it writes, and which of its own changes it expects."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from natsop_core.inputs import Inputs, Settings
from natsop_core.kinds import CLUSTERS, SECRETS
from natsop_core.lookup import NotYet
from natsop_core.outcomes import Applied, Failed, Outcome, Outcomes, Rejected
from natsop_core.plan import Plan
from natsop_core.reconcile import ReconciledKind
from natsop_core.references import ObjectKey, ObjectRef, Reference
from natsop_core.report import Event, Report
from natsop_runtime.api_server.errors import ApiError, ConflictError, NotFoundError, UnavailableError
from natsop_runtime.cache.informers import Change
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.reconciler import RESYNC, Reconciler, Result
from natsop_runtime.reference_index import ReferenceIndex

Object = dict[str, Any]
KEY = CLUSTERS.key("prod", "c")
FIRST, SECOND = ObjectRef(SECRETS.key("prod", "first")), ObjectRef(SECRETS.key("prod", "second"))
READY = {"ready": True}
KEPT = Event("Normal", "IdentityKept", "The servers go on as root.", is_passing=True)
RECOVERED = Event("Normal", "Recovered", "What was wrong has been mended.")


def custom_resource(version: int = 10, **fields: Any) -> Object:
    metadata = {"name": "c", "namespace": "prod", "uid": "uid-c", "resourceVersion": str(version), "generation": 1}
    return {"apiVersion": CLUSTERS.api_version, "kind": CLUSTERS.kind, "metadata": metadata, "spec": {}} | fields


class World:
    """All that the controller works with: a core that wants two Secrets and reports READY, and what was done."""

    def __init__(self, *, raw: Object | None = None, answer: ApiError | None = None) -> None:
        self.raw = raw
        self.answer = answer
        self.unavailable = False
        self.events: list[Event] = []
        self.to_tell: tuple[Event, ...] = (RECOVERED,)
        self.outcome: Outcome = Applied()
        self.requeue_after: float | None = 30
        self.statuses: list[Object] = []
        self.rounds: list[tuple[Reference, ...]] = []
        self.index = ReferenceIndex()
        self.expectations: set[Change] = set()
        self.secret: Object | None = None
        self.threads: list[threading.Thread] = []
        self.forgotten: list[ObjectKey] = []
        self.written_meanwhile: Object | None = None
        self.is_own_write = True
        self.found: Object | None = None
        self.looked_at: list[ObjectKey] = []
        self.taken_in: list[Object] = []
        self.unavailable_later = False
        self.foreign_writes: ForeignWrites | None = ForeignWrites()
        self.settings = Settings()
        self.wanted: tuple[Reference, ...] = (FIRST, SECOND)
        self.plan = Plan()
        self.inputs: list[Inputs] = []
        self.outcomes: Outcomes | None = None
        self.status: Object | None = READY

    def reconcile(self) -> Result:
        functions = ReconciledKind(CLUSTERS, dict, self._plan, self._conclude)
        controller = Reconciler(
            reconciled=[functions],
            kube=self,  # type: ignore[arg-type]
            informers=self,  # type: ignore[arg-type]
            references=self.index,
            fetcher=self,  # type: ignore[arg-type]
            executor=self,  # type: ignore[arg-type]
            recorder=self,  # type: ignore[arg-type]
            now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
            settings=self.settings,
            entropy=lambda: b"chance",
            foreign_writes=self.foreign_writes,
        )
        return asyncio.run(controller.reconcile(KEY, self.expectations))

    def _plan(self, _custom_resource: Object, inputs: Inputs) -> Plan | NotYet:
        self.threads.append(threading.current_thread())
        self.inputs.append(inputs)
        missing = tuple(reference for reference in self.wanted if reference not in inputs)
        return NotYet(missing[:1]) if missing else self.plan

    def _conclude(self, _custom_resource: Object, _inputs: Inputs, _plan: Plan, _outcomes: Outcomes) -> Report:
        self.threads.append(threading.current_thread())
        return Report(self.status, self.to_tell, self.requeue_after)

    def in_full(self, _key: ObjectKey) -> Object | None:
        return self.raw

    async def get(self, _resource: object, key: ObjectKey) -> Object:
        self.looked_at.append(key)
        if self.unavailable_later:
            raise UnavailableError("timeout")
        if self.found is None:
            raise NotFoundError("gone")
        return self.found

    def written(self, key: ObjectKey, obj: Object) -> Change:
        self.taken_in.append(obj)
        return Change(key, obj["metadata"]["resourceVersion"])

    async def fetch(self, references: Iterable[Reference]) -> dict[Reference, Object | None]:
        self.rounds.append(tuple(references))
        if self.unavailable:
            raise UnavailableError("timeout")
        return dict.fromkeys(self.rounds[-1], self.secret)

    async def execute(self, _key: ObjectKey, _plan: Plan, expectations: set[Change]) -> Outcomes:
        if self.written_meanwhile is not None:
            self.raw = self.written_meanwhile
            if self.is_own_write:
                expectations.add(Change(KEY, self.raw["metadata"]["resourceVersion"]))
        return self.outcomes or {FIRST.key: self.outcome}

    def forget(self, key: ObjectKey) -> None:
        self.forgotten.append(key)

    async def apply_status(self, _resource: object, _key: ObjectKey, body: Object) -> Object:
        self.statuses.append(body)
        if self.answer is not None:
            raise self.answer
        return custom_resource(11, status=body["status"])

    async def send(self, _regarding: Object, events: tuple[Event, ...], _now: datetime) -> None:
        self.events += events


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
