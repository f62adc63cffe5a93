"""What is found for a reference, and when the API server is asked for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natsop_core.inputs import Forbidden, Found
from natsop_core.kinds import BOXES, CLUSTERS, CONFIG_MAPS, PODS, SECRETS, STATEFUL_SETS
from natsop_core.references import ApiGroupRef, HttpRef, LabelledRef, ObjectKey, ObjectRef, Reference
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, NotFoundError, UnavailableError
from natsop_runtime.fetch import Fetcher, depends_on

SECRET = SECRETS.key("prod", "s")
SET = STATEFUL_SETS.key("prod", "c")
POD = PODS.key("prod", "c-0")
CLUSTER = CLUSTERS.key("prod", "c")


class World:
    """Stores, API server and pods in one: what each would say, and what the API server was asked for."""

    def __init__(self, *, exists: bool = False, full: Any = None, answer: Any = None) -> None:
        self.exists = exists
        self.full = full
        self.answer = answer
        self.asked: list[ObjectKey] = []

    def in_full(self, key: ObjectKey) -> Any:
        return {"kind": key.kind} if key.kind in {CLUSTERS.kind, BOXES.kind} else self.full

    def is_missing(self, _key: ObjectKey) -> bool:
        return not self.exists

    @property
    def optional_kinds(self) -> World:
        return self

    def labelled(self, reference: LabelledRef) -> tuple[dict[str, str], ...]:
        return ({"kind": reference.kind},)

    async def serves(self, _reference: ApiGroupRef) -> bool:
        return self.exists

    async def get(self, _resource: object, key: ObjectKey) -> Any:
        self.asked.append(key)
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer

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


def test_what_has_a_label_is_looked_up_in_the_stores() -> None:
    reference = LabelledRef("v1", "Pod", "prod", "c")
    assert World().find(reference) == {reference: ({"kind": "Pod"},)}
    assert list(depends_on([reference])) == [reference]


def test_the_stores_say_which_kinds_are_served() -> None:
    reference = ApiGroupRef("jetstream.nats.io/v1beta2", "Account")
    assert World(exists=True).find(reference) == {reference: True}


def test_an_answer_over_http_depends_on_its_pod() -> None:
    asked = HttpRef(POD, "10.0.0.1", 8222, "/varz")
    config = ObjectRef(CONFIG_MAPS.key("prod", "c-config"))
    assert set(depends_on([asked, config])) == {POD, config.key}
