"""The work queue: never one key twice at once, and nothing that is news is forgotten."""

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natsop_runtime import queue as queue_module
from natsop_runtime.backoff import Backoff
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.queues import Queue, ready


def test_a_key_waits_only_once() -> None:
    async def story() -> None:
        queue = Queue()
        queue.add("a", because="one thing")
        queue.add("b", because="one thing")
        queue.add("a", because="another")
        assert await ready(queue) == ["a", "b"]

    in_virtual_time(story)


def test_what_changes_while_a_key_is_worked_on_is_done_again_afterwards() -> None:
    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        await queue.get()
        queue.add("a", because="an edit")
        assert await ready(queue) == []
        queue.done("a")
        assert await ready(queue) == ["a"]

    in_virtual_time(story)


def test_what_a_worker_expected_is_no_reason_to_do_it_again() -> None:
    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        await queue.get()
        queue.add("a", because="own write")
        queue.done("a", expected={"own write"})
        assert await ready(queue) == []
        queue.add("a", because="an edit")
        await queue.get()
        queue.add("a", because="own write")
        queue.add("a", because="another edit")
        queue.done("a", expected={"own write"})
        assert await ready(queue) == ["a"]

    in_virtual_time(story)


def test_a_key_comes_back_after_the_time_asked_for_unless_it_comes_before() -> None:
    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        await queue.get()
        queue.done("a", requeue_after=0.1)
        assert await ready(queue) == []
        queue.add("a", because="an edit")
        assert await ready(queue) == ["a"]
        queue.done("a")
        await asyncio.sleep(0.12)
        assert await ready(queue) == []

    in_virtual_time(story)


def test_failures_in_a_row_make_the_pauses_longer_and_success_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[int] = []

    def no_pause(_backoff: Backoff, failures: int) -> float:
        pauses.append(failures)
        return 0.0

    monkeypatch.setattr(Backoff, "delay", no_pause)

    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        for _ in range(3):
            await queue.get()
            queue.failed("a")
        await queue.get()
        queue.done("a")
        queue.add("a", because="an edit")
        await queue.get()
        queue.failed("a")

    in_virtual_time(story)
    assert pauses == [1, 2, 3, 1]


def test_pauses_double_up_to_a_minute_and_differ() -> None:
    longest = [max(queue_module.BACKOFF.delay(failures) for _ in range(200)) for failures in range(1, 12)]
    shortest = [min(queue_module.BACKOFF.delay(failures) for _ in range(200)) for failures in range(1, 12)]
    turns = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]
    for least, most, turn in zip(shortest, longest, turns, strict=True):
        assert turn / 2 <= least < most <= turn


def test_a_closed_queue_hands_out_nothing_and_lets_all_waiting_workers_go() -> None:
    async def story() -> None:
        queue = Queue()
        workers = [asyncio.create_task(queue.get()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.close()
        queue.add("a", because="its creation")
        assert await asyncio.gather(*workers) == [None, None, None]
        assert await queue.get() is None

    in_virtual_time(story)


@settings(max_examples=60)
@given(chance=st.randoms(use_true_random=False), workers=st.integers(1, 4))
def test_any_interleaving_keeps_a_key_with_one_worker_and_works_after_the_last_change(
    chance: Random, workers: int
) -> None:
    version, seen = dict.fromkeys("abc", 0), dict.fromkeys("abc", 0)
    busy: set[str] = set()

    async def work(queue: Queue) -> None:
        while (key := await queue.get()) is not None:
            assert key not in busy
            busy.add(key)
            seen[key] = version[key]
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)
            busy.remove(key)
            if chance.random() < 0.2:
                queue.failed(key)
            else:
                queue.done(key, requeue_after=chance.choice([None, 0.0]))

    async def story() -> None:
        queue = Queue()
        working = [asyncio.create_task(work(queue)) for _ in range(workers)]
        for _ in range(40):
            key = chance.choice("abc")
            version[key] += 1
            queue.add(key, because=f"version {version[key]}")
            for _ in range(chance.randrange(3)):
                await asyncio.sleep(0)
        await asyncio.sleep(60)
        queue.close()
        await asyncio.gather(*working)
        assert seen == version

    in_virtual_time(story)


def test_a_key_that_is_news_again_and_again_is_slowed_down_and_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_module, "BURST", 5)
    monkeypatch.setattr(queue_module, "STEADY_INTERVAL", 0.05)

    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        times = []
        for turn in range(10):
            assert await queue.get() == "a"
            times.append(asyncio.get_running_loop().time())
            queue.add("a", because=f"somebody's edit {turn}")
            queue.done("a")
        assert times[4] - times[0] < 0.05
        assert times[9] - times[4] > 4 * 0.05

    in_virtual_time(story)


def test_the_longest_work_is_told() -> None:
    async def story() -> None:
        queue = Queue()
        assert queue.longest_work is None
        for key in ("a", "b"):
            queue.add(key, because="its creation")
            await queue.get()
            await asyncio.sleep(0.01)
        longest = queue.longest_work
        assert longest is not None
        assert longest[0] == "a"
        assert longest[1] >= 0.01
        queue.done("a")
        assert queue.longest_work is not None
        assert queue.longest_work[0] == "b"

    in_virtual_time(story)


def test_a_worker_is_told_why_it_has_a_key_and_since_when() -> None:
    async def story() -> None:
        queue = Queue()
        queue.add("a", because="its creation")
        await asyncio.sleep(3)
        queue.add("a", because="an edit")
        await queue.get()
        assert (str(queue.causes("a")), queue.causes("a").since) == ("its creation, an edit", 0.0)

        queue.add("a", because="own write")
        await asyncio.sleep(2)
        queue.add("a", because="a late edit")
        assert queue.done("a", expected={"own write"}, requeue_after=300) == 0
        await queue.get()
        assert (str(queue.causes("a")), queue.causes("a").since) == ("a late edit", 5.0)

        assert queue.done("a", requeue_after=300) == 300
        await queue.get()
        assert (str(queue.causes("a")), queue.causes("a").since) == (
            "requeued, after 300 s",
            305.0,
        )
        delay = queue.failed("a")
        assert delay is not None
        await queue.get()
        assert str(queue.causes("a")).startswith("requeued after failure 1, after ")
        assert queue.causes("a").since == pytest.approx(305.0 + delay)

    in_virtual_time(story)


def test_of_very_many_reasons_few_are_kept() -> None:
    async def story() -> None:
        queue = Queue()
        for number in range(1_000):
            queue.add("a", because=str(number))
        await queue.get()
        assert str(queue.causes("a")) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more"

    in_virtual_time(story)
