"""What becomes of each step of a plan, by what the API server answers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from natsop_core.actions import Action, Annotate, Delete, Request, RequestKey, SetFinalizers
from natsop_core.kinds import CLUSTERS, CONFIG_MAPS
from natsop_core.live import Child, reduce_metadata
from natsop_core.outcomes import Answered, Applied, Failed, Outcome, Outcomes, Rejected, Unchanged
from natsop_core.plan import Plan
from natsop_runtime.api_server.errors import (
    ApiError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    TerminatingError,
    UnavailableError,
)
from natsop_runtime.cache.informers import Change
from natsop_runtime.deferred_steps import NOT_TRIED
from natsop_runtime.executor import Executor
from tests.unit.natsop_runtime.scripted_kube import (
    CREATED,
    KEY_OF_A,
    TOY,
    KnownObjects,
    Object,
    ScriptedKube,
    carry_out,
    live,
    manifest,
)


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


def test_what_is_being_deleted_is_not_deleted_again() -> None:
    assert carry_out(Plan(prune=(child(deleting=True),)), ScriptedKube(), KnownObjects()) == [Unchanged()]


def test_a_plan_that_takes_too_long_is_reported_as_far_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.executor.EXECUTE_TIMEOUT", -1.0)
    assert carry_out(Plan(apply=(manifest("a"),), prune=(child(),)), ScriptedKube(), KnownObjects()) == [
        NOT_TRIED,
        NOT_TRIED,
    ]


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
