"""How one object of a plan is applied: by what is there, and by what the API server answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from natsop_core.kinds import CONFIG_MAPS
from natsop_core.outcomes import Applied, Failed, Rejected, Taken, Unchanged
from natsop_core.ownership import TakeOwnership, next_step_of_ownership
from natsop_core.plan import Plan
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import Cause, ConflictError, InvalidError, NotFoundError
from natsop_runtime.cache.informers import Change
from natsop_runtime.executor import Executor
from natsop_runtime.foreign_writes import ForeignWrites
from tests.unit.natsop_runtime.scripted_kube import (
    CREATED,
    KEY_OF_A,
    TOY,
    KnownObjects,
    Object,
    ScriptedKube,
    apply,
    carry_out,
    invalid,
    live,
    manifest,
)


def test_what_is_as_applied_is_left_alone() -> None:
    kube = ScriptedKube()
    assert apply(kube, KnownObjects(live(manifest("a")))) == Unchanged()


def test_what_is_absent_is_created_and_known_at_once() -> None:
    kube, stores, own = ScriptedKube(live(manifest("a"), version=7)), KnownObjects(), set[Change]()
    assert carry_out(Plan(apply=(manifest("a"),)), kube, stores, own) == [CREATED]
    assert kube.asked == ["create a"]
    assert stores.told == ["a"]
    assert own == {Change(CONFIG_MAPS.key("prod", "a"), "7")}


class KnownInFull(KnownObjects):
    """All of them are of kinds whose status is looked at."""

    def is_watched_in_full(self, _key: ObjectKey) -> bool:
        return True


@pytest.mark.parametrize(("observed", "is_expected"), [({}, True), ({"observedGeneration": 2}, False)])
def test_a_workload_is_looked_at_again_once_its_controller_has_seen_it(observed: Object, *, is_expected: bool) -> None:
    """It tells of that itself; but of a change that is no new generation it has nothing to tell."""
    answer = {**live(manifest("a"), version=7), "status": observed}
    answer["metadata"]["generation"] = 2
    own = set[Change]()
    carry_out(Plan(apply=(manifest("a"),)), ScriptedKube(answer), KnownInFull(), own)
    assert bool(own) is is_expected


def test_what_others_changed_is_put_back_by_force_on_that_very_object() -> None:
    kube = ScriptedKube(live(manifest("a")))
    assert apply(kube, KnownObjects(live(manifest("a", "edited")))) == Applied()
    assert kube.asked == ["force a"]
    assert kube.bodies[0]["metadata"]["uid"] == "uid-1"


def test_what_a_stranger_created_since_we_looked_is_not_touched() -> None:
    stranger = live(manifest("a"), owners=[])
    kube = ScriptedKube(ConflictError("exists"), stranger)
    assert apply(kube, KnownObjects()) == Taken(None)
    assert kube.asked == ["create a", "look a"]


def test_what_was_deleted_since_we_looked_is_created() -> None:
    kube = ScriptedKube(ConflictError("uid"), NotFoundError("gone"), live(manifest("a")))
    assert apply(kube, KnownObjects(live(manifest("a", "edited")))) == CREATED
    assert kube.asked == ["force a", "look a", "create a"]


@pytest.mark.parametrize("stores", [KnownObjects(), KnownObjects(live(manifest("a", "edited"), uid="uid-2"))])
def test_what_was_decided_by_an_object_that_is_gone_by_now_is_not_applied(stores: KnownObjects) -> None:
    [outcome] = carry_out(Plan(apply=(manifest("a"),), based_on={KEY_OF_A: "uid-1"}), ScriptedKube(), stores)
    assert isinstance(outcome, Failed)


def test_nor_when_it_goes_at_that_moment() -> None:
    kube = ScriptedKube(ConflictError("uid"), NotFoundError("gone"))
    plan = Plan(apply=(manifest("a"),), based_on={KEY_OF_A: "uid-1"})
    [outcome] = carry_out(plan, kube, KnownObjects(live(manifest("a", "edited"))))
    assert isinstance(outcome, Failed)
    assert kube.asked == ["force a", "look a"]


def test_what_others_change_again_and_again_is_left_for_later() -> None:
    seen = live(manifest("a", "edited"))
    conflict = ConflictError("changed")
    kube = ScriptedKube(conflict, seen, conflict, seen, conflict, seen)
    assert isinstance(apply(kube, KnownObjects(seen)), Failed)


def test_an_object_that_the_api_server_finds_invalid_is_rejected_in_its_words() -> None:
    assert apply(ScriptedKube(invalid("data.text")), KnownObjects()) == Rejected("data.text is wrong", "data.text")


def test_fields_in_dispute_are_claimed_before_the_second_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": []}]
    monkeypatch.setattr("natsop_runtime.applier.next_step_of_ownership", lambda *_: TakeOwnership(patch))
    edited = live(manifest("a", "edited"))
    kube = ScriptedKube(invalid(), edited, edited, live(manifest("a")))
    assert apply(kube, KnownObjects(edited)) == Applied()
    assert kube.asked == ["force a", "get a", "patch a", "force a"]


def test_where_managed_fields_were_cleared_an_apply_of_the_metadata_brings_them_back_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "natsop_runtime.applier.next_step_of_ownership",
        lambda *asked: next_step_of_ownership(*asked) or TakeOwnership([]),
    )
    edited = live(manifest("a", "edited"))
    cleared = {**edited, "metadata": {**edited["metadata"], "managedFields": []}}
    kube = ScriptedKube(invalid(), cleared, edited, edited, live(manifest("a")))
    assert apply(kube, KnownObjects(edited)) == Applied()
    assert kube.asked == ["force a", "get a", "force a", "patch a", "force a"]
    assert kube.bodies[1].keys() == {"apiVersion", "kind", "metadata"}
    assert kube.bodies[1]["metadata"]["uid"] == "uid-1"


def restored() -> Object:
    """The object as another manager has made it anew."""
    found = live(manifest("a"))
    [ours] = found["metadata"]["managedFields"]
    theirs = {**ours, "manager": "velero-server", "operation": "Update"}
    return {**found, "metadata": {**found["metadata"], "managedFields": [theirs]}}


def test_fields_of_a_restored_object_are_taken_over_before_it_is_applied() -> None:
    kube = ScriptedKube(restored(), restored(), live(manifest("a")))
    assert isinstance(apply(kube, KnownObjects(restored())), Applied)
    assert kube.asked == ["get a", "patch a", "force a"]
    assert [entry["manager"] for entry in kube.bodies[0][0]["value"]] == ["nats-operator"]


def test_a_restored_object_that_changes_meanwhile_is_looked_at_again() -> None:
    kube = ScriptedKube(restored(), ConflictError("changed"), live(manifest("a")))
    assert apply(kube, KnownObjects(restored())) == Unchanged()
    assert kube.asked == ["get a", "patch a", "look a"]


def test_without_a_dispute_the_refusal_stands() -> None:
    edited = live(manifest("a", "edited"))
    assert apply(ScriptedKube(invalid(), edited), KnownObjects(edited)) == Rejected("data is wrong", "data")


def test_a_kind_that_is_not_served_is_doubted_before_it_is_tried_again() -> None:
    stores = KnownObjects()
    carry_out(Plan(apply=(manifest("a"),)), ScriptedKube(NotFoundError("no such kind")), stores)
    assert stores.doubted == ["ConfigMap"]


def test_an_object_that_is_invalid_for_no_stated_cause_is_rejected_without_a_field() -> None:
    assert apply(ScriptedKube(InvalidError("no reason given", ())), KnownObjects()) == Rejected("no reason given", "")


class Applies(ForeignWrites):
    """The annotations of all applies that were begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[str] = []

    @contextmanager
    def applying(self, _key: ObjectKey, applied: str) -> Iterator[None]:
        self.begun.append(applied)
        yield


def test_who_looks_for_foreign_writes_is_told_of_each_apply_before_it_is_sent() -> None:
    applies = Applies()
    refused = InvalidError("taken", (Cause("data", "owned"),))
    cleared = live(manifest("a", "edited"))
    cleared["metadata"]["managedFields"] = []
    kube = ScriptedKube(refused, cleared, live(manifest("a")), refused)
    executor = Executor(kube, KnownObjects(live(manifest("a", "edited"))), None, foreign_writes=applies)  # type: ignore[arg-type]
    asyncio.run(executor.execute(TOY, Plan(apply=(manifest("a"),)), set()))
    assert len(kube.bodies) == len(applies.begun)
    assert set(applies.begun) == {manifest("a")["metadata"]["annotations"]["nats.crewlet.cloud/applied"]}
