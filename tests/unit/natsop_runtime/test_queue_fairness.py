"""The work queue shares its workers: neither groups with many keys nor slow ones hold up the others."""

import asyncio
from collections import defaultdict
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.queues import Queue, ready


def test_groups_take_turns_however_many_keys_one_of_them_has() -> None:
    async def story() -> None:
        queue = Queue(group=lambda key: key[0])
        for key in ("a1", "a2", "a3", "b1", "c1", "c2"):
            queue.add(key, because="its creation")
        assert await ready(queue) == ["a1", "b1", "c1", "a2", "c2", "a3"]

    in_virtual_time(story)


def test_what_waits_for_a_worker_because_of_its_group_gets_one_as_soon_as_that_may_be() -> None:
    async def story() -> None:
        queue = Queue(group=lambda key: key[0], workers=3)
        for key in ("a1", "a2", "a3", "b1"):
            queue.add(key, because="its creation")
        assert await ready(queue) == ["a1", "b1"]
        waiting = asyncio.create_task(queue.get())
        await asyncio.sleep(0)
        queue.done("a1")
        async with asyncio.timeout(1):
            assert await waiting == "a2"

    in_virtual_time(story)


SLOW_TURN = 45.0


class Crowd:
    """Workers in virtual time: keys that begin with `slow` take 45 s, and fail or not; all others take a moment."""

    def __init__(self, *, workers: int, chance: Random | None = None) -> None:
        self.queue = Queue(group=lambda key: key.partition("/")[0], workers=workers)
        self.asked: dict[str, float] = {}
        self.waits: dict[str, list[float]] = defaultdict(list)
        self.chance = chance or Random(0)  # noqa: S311 (no secret)
        self.working = [asyncio.create_task(self._work()) for _ in range(workers)]

    def ask(self, *keys: str) -> None:
        for key in keys:
            self.asked[key] = asyncio.get_running_loop().time()
            self.queue.add(key, because="an edit")

    async def end(self) -> None:
        self.queue.close()
        await asyncio.wait(self.working)
        for task in self.working:
            task.result()

    async def _work(self) -> None:
        while (key := await self.queue.get()) is not None:
            if (asked := self.asked.pop(key, None)) is not None:
                self.waits[key].append(asyncio.get_running_loop().time() - asked)
            await asyncio.sleep(SLOW_TURN if "/slow" in key else 0.05)
            if "/slow" in key and self.chance.random() < 0.5:
                self.queue.failed(key)
            else:
                self.queue.done(key, requeue_after=5 if "/slow" in key else 600)


@pytest.mark.parametrize("slow_namespaces", ["a", "ab", "abcdef"])
def test_a_newcomer_waits_for_none_of_the_slow_ones(slow_namespaces: str) -> None:
    async def story() -> None:
        crowd = Crowd(workers=8)
        for number in range(30):
            crowd.ask(*(f"{namespace}/slow{number}" for namespace in slow_namespaces))
        await asyncio.sleep(1)
        for number in range(20):
            crowd.ask(f"new{number}/c")
            await asyncio.sleep(13)
        await crowd.end()
        assert {name: waits for name, waits in crowd.waits.items() if name.endswith("/c") and max(waits) > 0.1} == {}
        assert sum(name.endswith("/c") for name in crowd.waits) == 20

    in_virtual_time(story)


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), workers=st.integers(3, 9), crowds=st.lists(st.integers(1, 12), max_size=5))
def test_who_was_quick_waits_for_none_of_the_slow_ones_and_these_get_their_turns_too(
    seed: int, workers: int, crowds: list[int]
) -> None:
    chance = Random(seed)  # noqa: S311 (no secret)
    quick = ["good/a", "good/b", *(f"n{number}/good" for number in range(len(crowds)))]
    slow = [f"n{number}/slow{each}" for number, crowd in enumerate(crowds) for each in range(crowd)]

    async def story() -> None:
        crowd = Crowd(workers=workers, chance=chance)
        crowd.ask(*quick)
        await asyncio.sleep(10)
        crowd.waits.clear()
        crowd.ask(*slow)
        end = asyncio.get_running_loop().time() + 2 * SLOW_TURN * (2 + len(slow) / (workers - 2))
        while asyncio.get_running_loop().time() < end:
            crowd.ask(chance.choice(quick))
            await asyncio.sleep(chance.uniform(1, 20))
        await crowd.end()
        waited = {name: max(waits) for name, waits in crowd.waits.items() if name in quick}
        assert {name: wait for name, wait in waited.items() if wait > 0.1} == {}
        assert set(slow) <= set(crowd.waits)

    in_virtual_time(story)
