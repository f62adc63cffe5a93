"""Kinds that others have to install: they come, go, are missed for a moment, or may not be listed."""

from __future__ import annotations

import asyncio
from functools import partial

import httpx2
import pytest

from natsop_core.inputs import Forbidden
from natsop_core.kinds import NACK_ACCOUNTS as ACCOUNT
from natsop_core.kinds import POD_MONITORS
from natsop_runtime.cache.informers import Change
from tests.unit.natsop_runtime.cache.kept import CHILDREN, OWNED, Kept, kept
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, failure, until


class Installable(Kept):
    """NACK's Accounts are there when they are installed; `asked` counts the questions for them."""

    def __init__(self) -> None:
        super().__init__()
        self.installed = False
        self.asked = 0
        self.apis[ACCOUNT.plural] = SmallApi()

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == f"/apis/{POD_MONITORS.api_version}":
            return failure(404)
        if request.url.path != f"/apis/{ACCOUNT.api_version}":
            return super().answer(request)
        self.asked += 1
        resources = [{"name": ACCOUNT.plural, "kind": ACCOUNT.kind}] if self.installed else []
        return httpx2.Response(200, json={"resources": resources}) if self.installed else failure(404)


def is_told(world: Installable, times: int) -> bool:
    return world.told_of_kinds.count(ACCOUNT.kind) >= times


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server is asked every few milliseconds."""
    monkeypatch.setattr("natsop_runtime.cache.optional_kinds.POLL_SECONDS", 0.01)


@pytest.mark.usefixtures("often")
def test_an_optional_kind_is_watched_once_it_is_there_and_forgotten_with_it() -> None:
    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            serves = stores.optional_kinds.serves
            world.apis[ACCOUNT.plural].put("c-app", ownerReferences=OWNED)
            assert not await serves(ACCOUNT.reference)
            assert not stores.children(CHILDREN)
            world.installed = True
            await until(lambda: world.told_of_kinds.count(ACCOUNT.kind) == 1, "who wants to know is told")
            assert Change(ACCOUNT.reference, "") in world.told
            assert await serves(ACCOUNT.reference) is True
            assert [child.key for child in stores.children(CHILDREN)] == [ACCOUNT.key("prod", "c-app")]
            world.apis[ACCOUNT.plural].put("c-app", ownerReferences=OWNED)
            await until(lambda: ("Account", "c") in world.woken[1:], "the change is told")
            world.installed = False
            await until(lambda: world.told_of_kinds.count(ACCOUNT.kind) == 2, "who wants to know is told again")
            assert not await serves(ACCOUNT.reference)
            assert not stores.children(CHILDREN)
            assert stores.live(ACCOUNT.key("prod", "c-app")) is None

    in_virtual_time(story)


@pytest.mark.usefixtures("often")
def test_an_optional_kind_that_nobody_wants_any_more_is_neither_asked_for_nor_watched() -> None:
    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            world.installed = True
            world.apis[ACCOUNT.plural].put("c-app", ownerReferences=OWNED)
            assert await stores.optional_kinds.serves(ACCOUNT.reference) is True
            assert stores.children(CHILDREN)
            world.is_wanted = False
            await until(lambda: not stores.children(CHILDREN), "its objects are forgotten")
            asked = world.asked
            await asyncio.sleep(0.05)
            assert world.asked == asked

    in_virtual_time(story)


def test_a_kind_that_turns_out_not_to_be_there_is_asked_for_anew() -> None:
    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            world.installed = True
            assert await stores.optional_kinds.serves(ACCOUNT.reference) is True
            world.installed = False
            stores.optional_kinds.doubt(ACCOUNT)
            assert not await stores.optional_kinds.serves(ACCOUNT.reference)

    in_virtual_time(story)


def test_the_api_server_is_asked_once_however_many_want_to_know() -> None:
    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            await asyncio.gather(*(stores.optional_kinds.serves(ACCOUNT.reference) for _ in range(10)))
            assert world.asked == 1

    in_virtual_time(story)


@pytest.mark.usefixtures("often")
def test_a_kind_that_is_missed_for_a_moment_is_there_again_with_its_objects() -> None:
    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            world.apis[ACCOUNT.plural].put("c-app", ownerReferences=OWNED)
            world.installed = True
            assert await stores.optional_kinds.serves(ACCOUNT.reference) is True
            for is_there in (False, True):
                world.installed = is_there
                told = world.told_of_kinds.count(ACCOUNT.kind)
                await until(partial(is_told, world, told + 1), "who wants to know is told")
                answer = await stores.optional_kinds.serves(ACCOUNT.reference)
                assert (answer, len(stores.children(CHILDREN))) == (is_there, is_there)

    in_virtual_time(story)


def test_a_kind_whose_objects_may_not_be_listed_is_there_but_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.cache.optional_kinds.SYNC_TIMEOUT", 0.05)

    async def story() -> None:
        async with kept(Installable()) as (world, stores):
            assert isinstance(world, Installable)
            world.apis[ACCOUNT.plural].refusals.extend([failure(403)] * 9)
            world.installed = True
            assert isinstance(await stores.optional_kinds.serves(ACCOUNT.reference), Forbidden)

    in_virtual_time(story)
