"""What others change is put back at once, and more slowly when somebody takes it back again and again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from natsop_core.drift import stamped
from natsop_core.kinds import CONFIG_MAPS, ApiResource
from natsop_core.live import reduce_metadata
from natsop_core.names import cluster_labels
from natsop_core.outcomes import Applied, Outcome, Postponed, Repair, Unchanged
from natsop_core.plan import Plan
from natsop_core.references import ObjectKey
from natsop_runtime.executor import Executor
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.scripted_kube import OWNER, TOY, KnownObjects, Object, ScriptedKube, live, manifest


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
    assert outcomes[5].repair.over_in == 179.0


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


def test_a_pause_is_waited_for_to_its_last_half_second() -> None:
    stores = Contested("a")

    async def story() -> list[Outcome]:
        executor = Executor(YieldingKube(), stores, None)  # type: ignore[arg-type]
        for _ in range(5):
            await executor.execute(TOY, Plan(apply=(manifest("a"),)), set())
        await asyncio.sleep(59.5)
        return list((await executor.execute(TOY, Plan(apply=(manifest("a"),)), set())).values())

    [outcome] = in_virtual_time(story)
    assert isinstance(outcome, Postponed)
    assert outcome.retry_after == 0.5


def test_a_repair_that_is_over_takes_no_other_along() -> None:
    stores = Contested("a", "b")
    plan = Plan(apply=(manifest("a"), manifest("b")))

    async def story() -> list[Outcome]:
        executor = Executor(YieldingKube(), stores, None)  # type: ignore[arg-type]
        await executor.execute(TOY, plan, set())
        stores.known[CONFIG_MAPS.key("prod", "a")] = reduce_metadata(live(manifest("a"))["metadata"])
        await asyncio.sleep(1000)
        await executor.execute(TOY, plan, set())  # b is repaired a second time
        stores.known[CONFIG_MAPS.key("prod", "b")] = reduce_metadata(live(manifest("b"))["metadata"])
        found: list[Outcome] = []
        for pause in (799.5, 0.5, 200.0):
            await asyncio.sleep(pause)
            found.extend((await executor.execute(TOY, plan, set())).values())
        return found

    def left(name_of_repair: str, seconds: float) -> Repair:
        return Repair((name_of_repair,), "", 1, over_in=seconds)

    outcomes = in_virtual_time(story)
    assert outcomes[0] == Unchanged(left("data.text", 0.5))
    assert outcomes[2] == Unchanged()
    assert [each.repair.in_a_row if each.repair else 0 for each in outcomes[1::2]] == [2, 2, 2]  # type: ignore[union-attr]


def test_an_orphan_is_adopted_which_is_no_repair() -> None:
    labels = {**cluster_labels("c"), "app.kubernetes.io/managed-by": "nats-operator"}
    owner = {**OWNER, "apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": "NatsCluster", "name": "c"}
    metadata = {"name": "a", "namespace": "prod", "labels": labels, "ownerReferences": [owner]}
    wanted = stamped({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"text": "wanted"}})
    orphan = live(wanted, owners=[])
    repaired: list[str] = []

    async def story() -> list[Outcome]:
        executor = Executor(YieldingKube(), KnownObjects(orphan), None, repaired.append)  # type: ignore[arg-type]
        return list((await executor.execute(TOY, Plan(apply=(wanted,)), set())).values())

    assert in_virtual_time(story) == [Applied(adopted=True)]
    assert repaired == []


def test_fights_are_forgotten_with_their_custom_resource() -> None:
    assert len([each for each in fought(20, forget=True)[0] if each.startswith("apply")]) == 20
