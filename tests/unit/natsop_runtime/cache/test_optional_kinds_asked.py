"""When the API server is asked for optional kinds, and what the log says of answers that are none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from natsop_core.inputs import Forbidden
from natsop_core.kinds import NACK_ACCOUNTS, ApiResource
from natsop_core.references import ApiGroupRef
from natsop_runtime.api_server.errors import ApiError, ForbiddenError, UnavailableError
from natsop_runtime.cache.optional_kinds import POLL_SECONDS, SYNC_TIMEOUT, OptionalKinds
from tests.unit.natsop_runtime.lease_api import in_virtual_time

KIND = NACK_ACCOUNTS.reference
TAKES = 2.0
ROUND = POLL_SECONDS + TAKES + SYNC_TIMEOUT + 1


class World:
    """An API server that takes its time, and who watches what it has; only Accounts are wanted."""

    def __init__(self, answer: bool | ApiError = True) -> None:
        self.answer = answer
        self.can_list = True
        self.is_wanted = True
        self.asked = self.asking = self.most = 0
        self.changes: list[ApiGroupRef] = []

    async def serves(self, _resource: ApiResource) -> bool:
        self.asked += 1
        self.asking += 1
        self.most = max(self.most, self.asking)
        await asyncio.sleep(TAKES)
        self.asking -= 1
        if isinstance(self.answer, ApiError):
            raise self.answer
        return self.answer

    def start_watching(self, _resource: ApiResource) -> None: ...

    def stop_watching(self, _resource: ApiResource) -> None: ...

    async def known(self, _resource: ApiResource) -> None:
        if not self.can_list:
            await asyncio.Event().wait()


@asynccontextmanager
async def polled(world: World) -> AsyncIterator[OptionalKinds]:
    kinds = OptionalKinds(
        world,  # type: ignore[arg-type]
        world,
        is_wanted=lambda reference: world.is_wanted and reference == KIND,
        changed=world.changes.append,
    )
    running = asyncio.create_task(kinds.run())
    yield kinds
    running.cancel()
    await asyncio.wait([running])
    assert running.cancelled(), running.exception()


def test_many_who_ask_at_once_and_the_poll_share_one_answer() -> None:
    async def story() -> None:
        world = World()
        async with polled(world) as kinds:
            assert await asyncio.gather(*(kinds.serves(KIND) for _ in range(10))) == [True] * 10
            assert world.asked == 1
            await asyncio.sleep(POLL_SECONDS - 1)  # the poll is asking
            kinds.doubt(NACK_ACCOUNTS)
            assert await kinds.serves(KIND) is True
            assert (world.asked, world.most) == (2, 1)

    in_virtual_time(story)


def test_what_nobody_wanted_for_a_while_is_asked_for_anew() -> None:
    async def story() -> None:
        world = World()
        async with polled(world) as kinds:
            await kinds.serves(KIND)
            world.is_wanted = False
            await asyncio.sleep(ROUND)
            assert world.asked == 1
            world.answer = False
            assert await kinds.serves(KIND) is False

    in_virtual_time(story)


def test_an_api_server_that_is_away_changes_nothing_and_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="natsop_runtime")

    async def story() -> None:
        world = World()
        async with polled(world) as kinds:
            await kinds.serves(KIND)
            world.answer = UnavailableError("timeout")
            await asyncio.sleep(ROUND)
            assert await kinds.serves(KIND) is True
            assert world.changes == []

    in_virtual_time(story)
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("DEBUG", "cannot find out whether accounts are served: timeout")
    ]


def test_a_refusal_is_told_once_for_as_long_as_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        world = World(ForbiddenError("no discovery"))
        async with polled(world):
            for recovered in (True, False):
                world.answer = ForbiddenError("no discovery")
                await asyncio.sleep(3 * ROUND)
                world.answer = recovered
                await asyncio.sleep(2 * ROUND)

    in_virtual_time(story)
    assert caplog.messages == ["cannot find out whether accounts are served: no discovery"] * 2


def test_a_list_that_does_not_come_is_told_once_and_again_when_the_kind_was_gone_meanwhile(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        world = World()
        world.can_list = False
        async with polled(world) as kinds:
            assert isinstance(await kinds.serves(KIND), Forbidden)
            await asyncio.sleep(3 * ROUND)
            assert len(caplog.messages) == 1
            world.answer = False
            await asyncio.sleep(2 * ROUND)
            assert await kinds.serves(KIND) is False
            world.answer = True
            await asyncio.sleep(2 * ROUND)

    in_virtual_time(story)
    assert caplog.messages == ["going on without accounts.jetstream.nats.io, which cannot be listed"] * 2
