"""What is found for a reference, and when the API server is asked for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from natsop_core.inputs import Forbidden, Found, Unreachable
from natsop_core.kinds import BOXES, CLUSTERS, CONFIG_MAPS, NACK_STREAMS, POD_MONITORS, PODS, SECRETS, STATEFUL_SETS
from natsop_core.references import (
    ApiGroupRef,
    ChildrenRef,
    HttpRef,
    LabelledRef,
    ListRef,
    ObjectKey,
    ObjectRef,
    Reference,
)
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, NotFoundError, UnavailableError
from natsop_runtime.api_server.kube import Page, Selection
from natsop_runtime.fetch import (
    AT_ONCE,
    FEW,
    MAX_CONCURRENT_PODS,
    NOT_ASKED,
    PODS_SECONDS,
    Fetcher,
    depends_on,
    outdated_by,
)
from tests.unit.natsop_runtime.lease_api import in_virtual_time

SECRET = SECRETS.key("prod", "s")
SET = STATEFUL_SETS.key("prod", "c")
POD = PODS.key("prod", "c-0")
CLUSTER = CLUSTERS.key("prod", "c")


@dataclass
class Packed:
    """Knows in which thread it was unpacked."""

    kind: str

    def unpacked(self) -> dict[str, Any]:
        return {"kind": self.kind, "thread": threading.current_thread() is threading.main_thread()}


class World:
    """Informers, API server and pods in one: what each would say, and what the API server was asked for."""

    def __init__(self, *, exists: bool = False, full: Any = None, answer: Any = None) -> None:
        self.exists = exists
        self.full = full
        self.answer = answer
        self.many = 1
        self.is_watched = False
        self.asked: list[ObjectKey] = []
        self.listed: list[str] = []

    def in_full(self, key: ObjectKey) -> Any:
        return {"kind": key.kind} if key.kind in {CLUSTERS.kind, BOXES.kind} else self.full

    def is_missing(self, _key: ObjectKey) -> bool:
        return not self.exists

    @property
    def optional_kinds(self) -> World:
        return self

    def labelled(self, reference: LabelledRef) -> tuple[Packed, ...]:
        return tuple(Packed(reference.kind) for _ in range(self.many))

    async def serves(self, _reference: ApiGroupRef) -> bool:
        await asyncio.sleep(0)  # it is listed for the first time
        self.is_watched = True
        return self.exists

    def children(self, _reference: ChildrenRef) -> tuple[str, ...]:
        return ("a child of the optional kind",) if self.is_watched else ()

    async def get(self, _resource: object, key: ObjectKey) -> Any:
        self.asked.append(key)
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer

    async def list_pages(self, selection: Selection) -> AsyncIterator[Page]:
        self.listed.append(f"{selection.resource.plural} in {selection.namespace}")
        if isinstance(self.answer, ApiError):
            raise self.answer
        for name in self.answer:
            yield Page([{"metadata": {"name": name}}], "10")

    def find(self, *references: Reference) -> dict[Reference, Found]:
        fetcher = Fetcher(self, self, self)  # type: ignore[arg-type]
        return asyncio.run(fetcher.fetch(references))


def test_what_the_stores_hold_in_full_is_not_asked_for() -> None:
    world = World(full={"kind": "StatefulSet"}, exists=True)
    assert world.find(ObjectRef(SET), ObjectRef(CLUSTER)) == {
        ObjectRef(SET): {"kind": "StatefulSet"},
        ObjectRef(CLUSTER): {"kind": "NatsCluster"},
    }
    assert world.asked == []


@pytest.mark.parametrize("key", [SECRET, SET, POD])
def test_what_does_not_exist_is_not_asked_for(key: ObjectKey) -> None:
    world = World()
    assert world.find(ObjectRef(key)) == {ObjectRef(key): None}
    assert world.asked == []


@pytest.mark.parametrize("key", [SECRET, SET])
def test_what_is_known_to_exist_but_not_in_full_is_asked_for(key: ObjectKey) -> None:
    world = World(exists=True, answer={"kind": "it"})
    assert world.find(ObjectRef(key)) == {ObjectRef(key): {"kind": "it"}}
    assert world.asked == [key]


def test_what_may_not_be_read_is_said_to_be_forbidden() -> None:
    world = World(exists=True, answer=ForbiddenError("secrets is forbidden"))
    assert world.find(ObjectRef(SECRET)) == {ObjectRef(SECRET): Forbidden("secrets is forbidden")}


def test_what_was_deleted_a_moment_ago_is_absent() -> None:
    assert World(exists=True, answer=NotFoundError("gone")).find(ObjectRef(SECRET)) == {ObjectRef(SECRET): None}


def test_without_an_answer_nothing_is_found_at_all() -> None:
    with pytest.raises(UnavailableError):
        World(exists=True, answer=UnavailableError("timeout")).find(ObjectRef(SECRET), ObjectRef(CLUSTER))


def test_nothing_is_still_being_asked_for_once_there_is_no_answer() -> None:
    """What went on would write what it finds into nobody's turn, and hold a slot among the requests."""

    class Slow(World):
        async def get(self, _resource: object, key: ObjectKey) -> Any:
            if key == SECRET:
                raise UnavailableError("timeout")
            await asyncio.sleep(3)
            self.asked.append(key)

    async def story() -> None:
        world = Slow(exists=True)
        with pytest.raises(UnavailableError):
            await Fetcher(world, world, world).fetch([ObjectRef(SECRET), ObjectRef(SET)])  # type: ignore[arg-type]
        assert world.asked == [SET]

    in_virtual_time(story)


def test_what_a_pod_answers_is_what_is_found() -> None:
    [reference] = monitors(1)
    assert asyncio.run(Fetcher(World(), Pods(), World()).fetch([reference])) == {  # type: ignore[arg-type]
        reference: Unreachable("no")
    }


def test_a_kind_of_reference_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(TypeError, match="unheard of"):
        World().find("unheard of")  # type: ignore[arg-type]


@pytest.mark.parametrize(("many", "on_the_loop"), [(FEW, True), (FEW + 1, False)])
def test_a_few_objects_are_unpacked_at_once(many: int, *, on_the_loop: bool) -> None:
    world, reference = World(), LabelledRef("v1", "Pod", "prod", "c")
    world.many = many
    assert world.find(reference) == {reference: ({"kind": "Pod", "thread": on_the_loop},) * many}


def test_what_has_a_label_is_looked_up_in_the_stores() -> None:
    reference = LabelledRef("v1", "Pod", "prod", "c")
    assert World().find(reference) == {reference: ({"kind": "Pod", "thread": True},)}


def test_thousands_of_objects_are_unpacked_where_nobody_waits_for_it() -> None:
    world, reference = World(), LabelledRef("v1", "Pod", "prod", "c")
    world.many = 10_000
    assert world.find(reference) == {reference: ({"kind": "Pod", "thread": False},) * 10_000}


def test_children_are_looked_up_when_all_kinds_are_known() -> None:
    children, kind = ChildrenRef("prod", "uid"), POD_MONITORS.reference
    found: object = World(exists=True).find(children, kind)[children]
    assert found == ("a child of the optional kind",)
    assert [*outdated_by([kind], [children, ObjectRef(SET)])] == [children]
    assert [*outdated_by([ObjectRef(SET), kind], [children])] == [children]
    assert [*outdated_by([ObjectRef(SET)], [children])] == []


def test_of_ten_thousand_pods_only_some_are_asked_at_a_time() -> None:
    pods = Pods()
    references = monitors(10_000)
    found = asyncio.run(Fetcher(World(), pods, World()).fetch(references))  # type: ignore[arg-type]
    assert found.keys() == set(references)
    assert pods.most <= AT_ONCE


class Pods:
    """Counts how many are asked at the same time; each takes its time to be out of reach."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.now = self.most = 0

    async def get(self, _reference: HttpRef) -> Unreachable:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return Unreachable("no")


def test_of_one_custom_resources_pods_a_few_are_asked_at_a_time() -> None:
    pods = Pods()
    asyncio.run(Fetcher(World(), pods, World()).fetch(monitors(10 * MAX_CONCURRENT_PODS)))  # type: ignore[arg-type]
    assert pods.most == MAX_CONCURRENT_PODS


def test_pods_that_do_not_answer_keep_nobody_waiting_for_long() -> None:
    """However many there are: after a few seconds no more are asked, and everything else is found."""

    async def story() -> None:
        pods, world = Pods(seconds=2.0), World(exists=True, answer={"kind": "it"})
        began = asyncio.get_running_loop().time()
        found = await Fetcher(world, pods, world).fetch([*monitors(1_000), ObjectRef(SECRET)])  # type: ignore[arg-type]
        assert asyncio.get_running_loop().time() - began <= PODS_SECONDS + 2
        assert len(found) == 1_001
        assert found[ObjectRef(SECRET)] == {"kind": "it"}
        assert list(found.values()).count(NOT_ASKED) == 1_000 - 3 * MAX_CONCURRENT_PODS

    in_virtual_time(story)


def test_a_pod_of_another_custom_resource_is_asked_meanwhile() -> None:
    async def story() -> None:
        slow, quick = Pods(seconds=2.0), Pods()
        waiting = asyncio.create_task(Fetcher(World(), slow, World()).fetch(monitors(1_000)))  # type: ignore[arg-type]
        await asyncio.sleep(1)
        began = asyncio.get_running_loop().time()
        await Fetcher(World(), quick, World()).fetch(monitors(3))  # type: ignore[arg-type]
        assert asyncio.get_running_loop().time() == began
        await waiting

    in_virtual_time(story)


def monitors(count: int) -> list[HttpRef]:
    return [
        HttpRef(ObjectKey("v1", "Pod", "prod", f"c-{number}"), "10.0.0.1", 8222, "/varz") for number in range(count)
    ]


def test_the_stores_say_which_kinds_are_served() -> None:
    reference = ApiGroupRef("jetstream.nats.io/v1beta2", "Account")
    assert World(exists=True).find(reference) == {reference: True}


def test_an_answer_over_http_depends_on_its_pod() -> None:
    asked = HttpRef(POD, "10.0.0.1", 8222, "/varz")
    config = ObjectRef(CONFIG_MAPS.key("prod", "c-config"))
    assert set(depends_on([asked, config])) == {POD, config.key}


def test_labels_and_kinds_can_change_what_is_found() -> None:
    label, kind = LabelledRef("v1", "Pod", "prod", "c"), POD_MONITORS.reference
    assert list(depends_on([label, kind, ChildrenRef("prod", "uid")])) == [label, kind]


def test_what_nobody_watches_is_listed_page_by_page() -> None:
    world, reference = World(answer=["a", "b"]), ListRef(NACK_STREAMS.api_version, NACK_STREAMS.kind, "prod")
    assert world.find(reference) == {reference: ({"metadata": {"name": "a"}}, {"metadata": {"name": "b"}})}
    assert world.listed == ["streams in prod"]
    assert not list(depends_on([reference]))


@pytest.mark.parametrize(
    ("error", "found"), [(NotFoundError("no such kind"), ()), (ForbiddenError("no"), Forbidden("no"))]
)
def test_what_cannot_be_listed_is_not_there_or_forbidden(error: ApiError, found: Found) -> None:
    reference = ListRef(NACK_STREAMS.api_version, NACK_STREAMS.kind, "prod")
    assert World(answer=error).find(reference) == {reference: found}
