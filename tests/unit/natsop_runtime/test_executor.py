"""What becomes of each step of a plan, by what the API server answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from natsop_core.actions import Action, Annotate, Delete, Request, RequestKey, SetFinalizers
from natsop_core.drift import stamped
from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, ApiResource
from natsop_core.live import Child, LiveObject, reduce_metadata
from natsop_core.outcomes import (
    Answered,
    Applied,
    Failed,
    HeldBack,
    Outcome,
    Outcomes,
    Postponed,
    Rejected,
    Repair,
    Taken,
    Unchanged,
)
from natsop_core.ownership import TakeOwnership, next_step_of_ownership
from natsop_core.plan import Plan, key_of
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import (
    ApiError,
    Cause,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TerminatingError,
    UnavailableError,
)
from natsop_runtime.cache.informers import Change
from natsop_runtime.deferred_steps import NOT_TRIED
from natsop_runtime.executor import Executor
from natsop_runtime.foreign_writes import ForeignWrites
from tests.unit.natsop_runtime.lease_api import in_virtual_time

Object = dict[str, Any]
CREATED = Applied(created=True)
TOY = ObjectKey("toys.example.com/v1", "Toy", "prod", "t")
OWNER = {"apiVersion": "toys.example.com/v1", "kind": "Toy", "name": "t", "uid": "uid-toy", "controller": True}


def manifest(name: str, text: str = "wanted") -> Object:
    metadata = {"name": name, "namespace": "prod", "ownerReferences": [OWNER]}
    return stamped({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": text}})


def live(obj: Object, *, uid: str = "uid-1", version: int = 5, owners: list[Object] | None = None) -> Object:
    """The object as the API server has it after an apply of ours."""
    applied: Object = {"f:nats.crewlet.cloud/applied": {}}
    owner: Object = {'k:{"uid":"uid-toy"}': {}}
    fields = {"f:data": {"f:text": {}}, "f:metadata": {"f:annotations": applied, "f:ownerReferences": owner}}
    entry = {"manager": "nats-operator", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    known = {"uid": uid, "resourceVersion": str(version), "managedFields": [entry]}
    metadata = {**obj["metadata"], **known, "ownerReferences": [OWNER] if owners is None else owners}
    return {**obj, "metadata": metadata}


class ScriptedKube:
    """Answers each request with the next of its answers, and remembers what was asked."""

    def __init__(self, *answers: Object | ApiError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.bodies: list[Any] = []

    def _next(self, verb: str, key: ObjectKey) -> Any:
        self.asked.append(f"{verb} {key.name}")
        answer = self.answers.pop(0)
        if isinstance(answer, ApiError):
            raise answer
        return answer

    async def apply(self, _resource: ApiResource, key: ObjectKey, body: Object, *, force: bool) -> Any:
        self.bodies.append(body)
        return self._next("force" if force else "create", key)

    async def get(self, _resource: ApiResource, key: ObjectKey) -> Any:
        return self._next("get", key)

    async def get_metadata(self, _resource: ApiResource, key: ObjectKey) -> Any:
        return self._next("look", key)

    async def json_patch(self, _resource: ApiResource, key: ObjectKey, patch: list[Object]) -> Any:
        self.bodies.append(patch)
        return self._next("patch", key)

    async def merge_patch(self, _resource: ApiResource, key: ObjectKey, patch: Object) -> Any:
        self.bodies.append(patch)
        return self._next("merge", key)

    async def delete(self, _resource: ApiResource, key: ObjectKey, *, uid: str, version: str = "any") -> Any:
        return self._next(f"delete {uid} as of {version}", key)


class KnownObjects:
    """What the stores know, and what they are told was written."""

    def __init__(self, *objects: Object) -> None:
        self.known = {key_of(obj): reduce_metadata(obj["metadata"]) for obj in objects}
        self.told: list[str] = []
        self.doubted: list[str] = []
        self.is_on = False

    @property
    def optional_kinds(self) -> KnownObjects:
        return self

    @property
    def outages(self) -> KnownObjects:
        return self

    def doubt(self, resource: ApiResource) -> None:
        self.doubted.append(resource.kind)

    def live(self, key: ObjectKey) -> LiveObject | None:
        return self.known.get(key)

    def written(self, key: ObjectKey, obj: Object) -> Change:
        self.told.append(key.name)
        return Change(key, obj["metadata"]["resourceVersion"])

    def is_watched_in_full(self, key: ObjectKey) -> bool:
        return key.kind != "ConfigMap"


def carry_out(plan: Plan, kube: ScriptedKube, stores: KnownObjects, own: set[Change] | None = None) -> list[Outcome]:
    executor = Executor(kube, stores, None)  # type: ignore[arg-type]
    outcomes = asyncio.run(executor.execute(TOY, plan, set() if own is None else own))
    assert not kube.answers, f"never asked for: {kube.answers}"
    return list(outcomes.values())


def apply(kube: ScriptedKube, stores: KnownObjects, **texts: str) -> Outcome:
    return carry_out(Plan(apply=(manifest("a", **texts),)), kube, stores)[0]


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


KEY_OF_A = CONFIG_MAPS.key("prod", "a")


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


def invalid(field: str = "data") -> InvalidError:
    return InvalidError(f"{field} is wrong", (Cause(field, "wrong"),))


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


def test_without_a_dispute_the_refusal_stands() -> None:
    edited = live(manifest("a", "edited"))
    assert apply(ScriptedKube(invalid(), edited), KnownObjects(edited)) == Rejected("data is wrong", "data")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ForbiddenError("exceeded quota"), Rejected("exceeded quota")),
        (NotFoundError("no such namespace"), Failed("no such namespace", 1)),
        (UnavailableError("overloaded", retry_after=7), Failed("overloaded", 7)),
        (UnavailableError("timeout"), Failed("timeout", 1)),
        (TerminatingError("the namespace is being terminated"), Failed("the namespace is being terminated", 1)),
    ],
)
def test_a_failure_is_the_outcome_of_its_object_and_stops_no_other(error: ApiError, outcome: Outcome) -> None:
    kube = ScriptedKube(error, live(manifest("b")))
    assert carry_out(Plan(apply=(manifest("a"), manifest("b"))), kube, KnownObjects()) == [outcome, CREATED]


def test_a_kind_that_is_not_served_is_doubted_before_it_is_tried_again() -> None:
    stores = KnownObjects()
    carry_out(Plan(apply=(manifest("a"),)), ScriptedKube(NotFoundError("no such kind")), stores)
    assert stores.doubted == ["ConfigMap"]


def child(**fields: Any) -> Child:
    return Child(CONFIG_MAPS.key("prod", "old"), replace(reduce_metadata(old_object(3)["metadata"]), **fields))


def old_object(version: int, *, uid: str = "uid-old", owners: list[Object] | None = None) -> Object:
    return live(manifest("old"), version=version, uid=uid, owners=owners)


def test_what_is_pruned_is_that_very_object_as_it_was_known() -> None:
    kube = ScriptedKube({})
    assert carry_out(Plan(prune=(child(),)), kube, KnownObjects()) == [Applied()]
    assert kube.asked == ["delete uid-old as of 3 old"]


def test_what_is_gone_already_needs_no_deletion() -> None:
    assert carry_out(Plan(prune=(child(),)), ScriptedKube(NotFoundError("gone")), KnownObjects()) == [Unchanged()]


def test_what_was_changed_meanwhile_is_deleted_as_it_is_now() -> None:
    kube = ScriptedKube(ConflictError("changed"), old_object(4), {})
    assert carry_out(Plan(prune=(child(),)), kube, KnownObjects()) == [Applied()]
    assert kube.asked == ["delete uid-old as of 3 old", "look old", "delete uid-old as of 4 old"]


@pytest.mark.parametrize(
    "now",
    [NotFoundError("gone"), old_object(4, uid="uid-new"), old_object(4, owners=[])],
    ids=["gone", "another one", "somebody's"],
)
def test_what_is_not_ours_any_more_is_not_deleted(now: Object | ApiError) -> None:
    kube = ScriptedKube(ConflictError("changed"), now)
    assert carry_out(Plan(prune=(child(),)), kube, KnownObjects()) == [Unchanged()]


def test_a_plan_that_takes_too_long_is_reported_as_far_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.executor.EXECUTE_TIMEOUT", -1.0)
    assert carry_out(Plan(apply=(manifest("a"),), prune=(child(),)), ScriptedKube(), KnownObjects()) == [
        NOT_TRIED,
        NOT_TRIED,
    ]


class SlowKube(ScriptedKube):
    """Says yes at once, but holds some objects up for half a minute, as a webhook can, before it says no."""

    def __init__(self, refusal: ApiError) -> None:
        super().__init__()
        self.refusal = refusal
        self.held_up: set[str] = set()

    async def apply(self, _resource: ApiResource, key: ObjectKey, body: Object, **_options: bool) -> Any:
        self.asked.append(key.name)
        if key.name in self.held_up:
            await asyncio.sleep(30)
            raise self.refusal
        return live(body)


PLAN = Plan(apply=tuple(manifest(name) for name in "abcdef"))


def turns(kube: SlowKube, *held_up: str, forget: bool = False, plan: Plan = PLAN) -> list[str]:
    """What is applied in turns one after the other, in which those named are held up; nothing is ever there yet."""

    async def story() -> list[str]:
        executor = Executor(kube, KnownObjects(), None)  # type: ignore[arg-type]
        asked: list[str] = []
        for names in held_up:
            kube.held_up, kube.asked = set(names), []
            outcomes = await executor.execute(TOY, plan, set())
            assert tuple(outcomes) == plan.targets, "what the user reads is in the plan's order"
            tried = {key.name for key, each in outcomes.items() if each != NOT_TRIED and not isinstance(each, HeldBack)}
            assert tried == set(kube.asked)
            asked.append("".join(kube.asked))
            if forget:
                executor.forget(TOY)
        return asked

    return in_virtual_time(story)


@pytest.mark.parametrize("refusal", [UnavailableError("timeout"), ForbiddenError("no")])
def test_steps_that_took_long_in_vain_come_last_so_that_all_have_their_turn(refusal: ApiError) -> None:
    assert turns(SlowKube(refusal), "abc", "abc", "abc", "abc") == ["ab", "cdefa", "defbc", "defab"]


def test_what_gets_through_at_last_has_its_place_again() -> None:
    assert turns(SlowKube(UnavailableError("timeout")), "ab", "", "") == ["ab", "cdefab", "abcdef"]


def test_what_fails_quickly_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.deferred_steps.LONG", 30.0)
    assert turns(SlowKube(UnavailableError("overloaded")), "a", "a") == ["abcdef", "abcdef"]


def test_what_took_long_is_forgotten_with_its_custom_resource() -> None:
    assert turns(SlowKube(UnavailableError("timeout")), "ab", "ab", forget=True) == ["ab", "ab"]


def in_order(*names: str, **first: Iterable[str]) -> Plan:
    """A plan of these objects, in which `b="a"` says that b comes after a."""
    after = {CONFIG_MAPS.key("prod", key): tuple(CONFIG_MAPS.key("prod", each) for each in first[key]) for key in first}
    return Plan(apply=tuple(manifest(name) for name in names), after=after)


@pytest.mark.parametrize(
    "error", [ForbiddenError("quota"), UnavailableError("timeout"), invalid()], ids=["forbidden", "timeout", "invalid"]
)
def test_what_has_to_come_after_an_object_that_failed_is_held_back_and_nothing_else(error: ApiError) -> None:
    kube = ScriptedKube(error, live(manifest("b")))
    outcomes = carry_out(in_order("a", "b", "c", "d", c="ba", d="c"), kube, KnownObjects())
    assert outcomes[1:] == [CREATED, HeldBack(CONFIG_MAPS.key("prod", "a")), HeldBack(CONFIG_MAPS.key("prod", "c"))]
    assert kube.asked == ["create a", "create b"]


def test_what_has_to_come_after_a_name_that_is_taken_is_held_back() -> None:
    theirs = live(manifest("a"), owners=[])
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(), KnownObjects(theirs))
    assert outcomes == [Taken(None), HeldBack(CONFIG_MAPS.key("prod", "a"))]


def test_what_is_as_applied_waits_for_nothing() -> None:
    stores = KnownObjects(live(manifest("b")))
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(UnavailableError("timeout")), stores)
    assert outcomes[1] == Unchanged()


def test_a_taken_name_is_told_though_it_would_have_to_wait() -> None:
    stores = KnownObjects(live(manifest("b"), owners=[]))
    outcomes = carry_out(in_order("a", "b", b="a"), ScriptedKube(UnavailableError("timeout")), stores)
    assert outcomes[1] == Taken(None)


def test_what_comes_after_an_object_that_got_through_is_applied() -> None:
    kube = ScriptedKube(live(manifest("a")), live(manifest("b")))
    assert carry_out(in_order("a", "b", b="a"), kube, KnownObjects()) == [CREATED, CREATED]


def test_what_waits_for_a_step_that_took_long_in_vain_comes_last_with_it() -> None:
    plan = in_order("a", "b", "c", "d", b="a", d="b")
    asked = turns(SlowKube(UnavailableError("timeout")), "a", "", "", plan=plan)
    assert asked == ["ac", "cabd", "abcd"]


def test_what_is_being_deleted_is_not_deleted_again() -> None:
    assert carry_out(Plan(prune=(child(deleting=True),)), ScriptedKube(), KnownObjects()) == [Unchanged()]


CLUSTER = CLUSTERS.key("prod", "c")


def set_finalizers(answer: Object | ApiError, *finalizers: str) -> tuple[Outcome, Object, set[Change]]:
    """The outcome, what was sent, and which changes are expected."""
    kube, expectations = ScriptedKube(answer), set[Change]()
    plan = Plan(actions=(SetFinalizers(CLUSTER, "uid-c", "10", finalizers),))
    executor = Executor(kube, KnownObjects(), None)  # type: ignore[arg-type]
    outcomes = asyncio.run(executor.execute(CLUSTER, plan, expectations))
    return outcomes[CLUSTER], kube.bodies[0]["metadata"], expectations


def test_finalizers_are_set_on_that_very_version_and_the_change_is_expected() -> None:
    outcome, sent, expectations = set_finalizers({"metadata": {"resourceVersion": "11"}}, "theirs", "ours")
    assert outcome == Applied()
    assert sent == {"uid": "uid-c", "resourceVersion": "10", "finalizers": ("theirs", "ours")}
    assert expectations == {Change(CLUSTER, "11")}


def test_without_finalizers_the_field_goes() -> None:
    assert set_finalizers({"metadata": {"resourceVersion": "11"}})[1]["finalizers"] is None


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ConflictError("modified"), Failed("modified", 1.0)),
        (ForbiddenError("no right"), Rejected("no right")),
        (NotFoundError("gone"), Failed("gone", 1.0)),
    ],
)
def test_finalizers_that_are_not_set_are_told(error: ApiError, outcome: Outcome) -> None:
    """Also of an object that is gone: what was to come after them must not be made."""
    assert set_finalizers(error, "ours")[0] == outcome


def test_a_step_that_failed_names_no_content(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    carry_out(Plan(apply=(manifest("a", "s3cret"),)), ScriptedKube(UnavailableError("timeout")), KnownObjects())
    assert "timeout" in caplog.text
    assert "s3cret" not in caplog.text


# Fights


class Contested(KnownObjects):
    """Somebody takes the text of each object back."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.take_back(*names)

    def take_back(self, *names: str) -> None:
        for name in names:
            self.known[CONFIG_MAPS.key("prod", name)] = reduce_metadata(taken(name)["metadata"])


def taken(name: str) -> Object:
    obj = live(manifest(name))
    [entry] = obj["metadata"]["managedFields"]
    del entry["fieldsV1"]["f:data"]
    theirs = {"manager": "argocd", "operation": "Update", "fieldsV1": {"f:data": {"f:text": {}}}}
    return {**obj, "metadata": {**obj["metadata"], "managedFields": [entry, theirs]}}


class YieldingKube(ScriptedKube):
    """Accepts everything, and shows each object as the other one left it."""

    async def apply(self, _resource: ApiResource, key: ObjectKey, body: Object, **_options: bool) -> Any:
        self.asked.append(f"apply {key.name}")
        return live(body)

    async def get_metadata(self, _resource: ApiResource, key: ObjectKey) -> Any:
        self.asked.append(f"look {key.name}")
        return taken(key.name)


def fought(rounds: int, *, pause: float = 1.0, names: str = "a", forget: bool = False) -> tuple[list[str], list[Any]]:
    """What is asked for, and the outcomes for the first object, when somebody takes them back after each turn."""
    kube, stores = YieldingKube(), Contested(*names)
    counted: list[str] = []

    async def story() -> list[Any]:
        executor = Executor(kube, stores, None, counted.append)  # type: ignore[arg-type]
        plan = Plan(apply=tuple(manifest(name) for name in names))
        found = []
        for _ in range(rounds):
            outcomes = await executor.execute(TOY, plan, set())
            found.append(outcomes[CONFIG_MAPS.key("prod", names[0])])
            if forget:
                executor.forget(TOY)
            await asyncio.sleep(pause)
        return found

    outcomes = in_virtual_time(story)
    assert len(counted) == len([each for each in kube.asked if each.startswith("apply")])
    assert set(counted) == {"ConfigMap"}
    return kube.asked, outcomes


def test_a_field_that_is_taken_back_each_time_is_put_back_five_times_and_then_once_a_minute() -> None:
    asked, outcomes = fought(125)
    assert len([each for each in asked if each == "apply a"]) == 5 + 2
    assert [type(each) for each in outcomes[:5]] == [Applied] * 5
    assert [each.repair.in_a_row for each in outcomes[:5]] == [1, 2, 3, 4, 5]
    assert isinstance(outcomes[5], Postponed)
    assert outcomes[5].retry_after == 59.0
    assert outcomes[5].repair.in_a_row == 5


def test_who_fights_is_asked_for_once_it_is_a_fight() -> None:
    asked, outcomes = fought(4)
    assert asked == ["apply a", "apply a", "look a", "apply a", "look a", "apply a"]
    assert [each.repair.manager for each in outcomes] == ["", "", "argocd", "argocd"]
    assert outcomes[3].repair.fields == ("data.text",)


def test_a_fight_over_one_object_slows_down_no_other() -> None:
    kube, stores = YieldingKube(), Contested("a")

    async def story() -> None:
        executor = Executor(kube, stores, None)  # type: ignore[arg-type]
        for _ in range(6):
            await executor.execute(TOY, Plan(apply=(manifest("a"),)), set())
        stores.take_back("b")
        await executor.execute(TOY, Plan(apply=(manifest("a"), manifest("b"))), set())

    in_virtual_time(story)
    assert kube.asked[-1] == "apply b"


def test_a_change_of_ours_does_not_wait_for_a_fight() -> None:
    kube, stores = YieldingKube(), Contested("a")

    async def story() -> list[Outcome]:
        executor = Executor(kube, stores, None)  # type: ignore[arg-type]
        texts = ["wanted"] * 6 + ["another"]
        plans = [Plan(apply=(manifest("a", text),)) for text in texts]
        return [next(iter((await executor.execute(TOY, plan, set())).values())) for plan in plans]

    assert [type(each) for each in in_virtual_time(story)[-2:]] == [Postponed, Applied]


def test_a_repair_is_told_as_long_as_another_may_follow() -> None:
    stores = Contested("a")
    plan = Plan(apply=(manifest("a"),))

    async def story() -> list[Outcome]:
        executor = Executor(YieldingKube(), stores, None)  # type: ignore[arg-type]
        for _ in range(2):
            await executor.execute(TOY, plan, set())
        stores.known[CONFIG_MAPS.key("prod", "a")] = reduce_metadata(live(manifest("a"))["metadata"])
        found: list[Outcome] = []
        for pause in (0.0, 100.0, 80.0):
            await asyncio.sleep(pause)
            found.extend((await executor.execute(TOY, plan, set())).values())
        return found

    repair = Repair(("data.text",), "", 2, over_in=180.0)
    assert in_virtual_time(story) == [Unchanged(repair), Unchanged(replace(repair, over_in=80.0)), Unchanged()]


def test_fights_are_forgotten_with_their_custom_resource() -> None:
    assert len([each for each in fought(20, forget=True)[0] if each.startswith("apply")]) == 20


ASK = Request(RequestKey("prod", "t", "ask"), ("nats://10.0.0.1:4222",), "subject")


def test_requests_come_last_all_at_once_and_have_their_own_outcomes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    kube, sent = ScriptedKube(live(manifest("a"), version=7)), list[Request]()

    async def send(requests: Sequence[Request]) -> Outcomes:
        assert kube.asked == ["create a"]
        sent.extend(requests)
        return {ASK.key: Answered(b"hunter2")}

    executor = Executor(kube, KnownObjects(), send)  # type: ignore[arg-type]
    outcomes = asyncio.run(executor.execute(TOY, Plan(apply=(manifest("a"),), actions=(ASK,)), set()))
    assert outcomes == {KEY_OF_A: CREATED, ASK.key: Answered(b"hunter2")}
    assert sent == [ASK]
    assert "answered the request: NatsCluster prod/t: ask" in caplog.text
    assert "hunter2" not in caplog.text


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


BOX = CONFIG_MAPS.key("prod", "box")


def act(kube: ScriptedKube, action: Action) -> tuple[Outcome, set[Change]]:
    """What becomes of an action, and the changes that are expected of it."""
    own = set[Change]()
    [outcome] = carry_out(Plan(actions=(action,)), kube, KnownObjects(), own)
    return outcome, own


def test_an_annotation_is_set_on_that_very_object_by_an_apply_of_nothing_else() -> None:
    kube = ScriptedKube({"metadata": {"resourceVersion": "9"}})
    assert act(kube, Annotate(BOX, "uid-box", {"a": "1"})) == (Applied(), {Change(BOX, "9")})
    assert kube.asked == ["force box"]
    metadata = {"name": "box", "namespace": "prod", "uid": "uid-box", "annotations": {"a": "1"}}
    assert kube.bodies == [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}]


def test_what_is_deleted_by_an_action_is_that_very_object() -> None:
    kube = ScriptedKube({})
    assert act(kube, Delete(BOX, "uid-box")) == (Applied(), set())
    assert kube.asked == ["delete uid-box as of any box"]


@pytest.mark.parametrize("error", [ConflictError("another one"), NotFoundError("gone")])
def test_what_is_gone_need_not_be_deleted_by_an_action(error: ApiError) -> None:
    assert act(ScriptedKube(error), Delete(BOX, "uid-box")) == (Unchanged(), set())


@pytest.mark.parametrize(
    ("action", "line"),
    [
        (Annotate(BOX, "u", {"a": "1"}), "annotated ConfigMap prod/box"),
        (Delete(BOX, "u"), "deleted ConfigMap prod/box"),
        (SetFinalizers(BOX, "u", "8", ()), "set the finalizers of ConfigMap prod/box"),
    ],
)
def test_the_log_names_each_action(action: Action, line: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    act(ScriptedKube({"metadata": {"resourceVersion": "9"}}), action)
    assert caplog.messages == [line]


def test_a_request_that_fails_is_called_a_request(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def send(_requests: Sequence[Request]) -> Outcomes:
        return {ASK.key: Failed("no server", 1.0)}

    executor = Executor(ScriptedKube(), KnownObjects(), send)  # type: ignore[arg-type]
    asyncio.run(executor.execute(TOY, Plan(actions=(ASK,)), set()))
    assert caplog.messages == [f"failed to request {ASK.key}, will retry: no server"]


def test_a_trouble_is_told_again_of_a_custom_resource_that_was_made_anew(caplog: pytest.LogCaptureFixture) -> None:
    plan, refusal = Plan(apply=(manifest("a"),)), ForbiddenError("quota")

    async def story() -> None:
        executor = Executor(ScriptedKube(refusal, refusal, refusal), KnownObjects(), None)  # type: ignore[arg-type]
        for told in (1, 1):
            await executor.execute(TOY, plan, set())
            assert len(caplog.messages) == told
        executor.forget(TOY)
        await executor.execute(TOY, plan, set())
        assert len(caplog.messages) == 2

    asyncio.run(story())


def test_what_is_changed_each_time_that_it_is_to_be_deleted_is_left_for_later() -> None:
    changed, version = ConflictError("changed"), iter(range(4, 10))
    answers = [each for _ in range(3) for each in (changed, old_object(next(version)))]
    [outcome] = carry_out(Plan(prune=(child(),)), ScriptedKube(*answers), KnownObjects())
    assert outcome == Failed(f"{child().key} is being changed by others at the same time", 1.0)


def test_an_object_that_is_invalid_for_no_stated_cause_is_rejected_without_a_field() -> None:
    assert apply(ScriptedKube(InvalidError("no reason given", ())), KnownObjects()) == Rejected("no reason given", "")


def test_what_comes_after_something_that_is_as_applied_or_no_part_of_the_plan_is_applied() -> None:
    kube, stores = ScriptedKube(live(manifest("b"))), KnownObjects(live(manifest("a")))
    plan = in_order("a", "b", b=("a", "elsewhere"))
    assert carry_out(plan, kube, stores) == [Unchanged(), CREATED]
