"""What SIGUSR1 shows: where each thread and each task is, also while nothing gets a turn."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from natsop_runtime.event_loop import EventLoopMonitor
from natsop_runtime.stacks import log_on_signal, log_stacks
from tests.unit.natsop_runtime.logged import logged, messages

DEADLINE = 30.0


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGUSR1)
    yield
    signal.signal(signal.SIGUSR1, before)


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


async def work() -> None:
    await wait_for_ever()


def block(blocked: threading.Event, lines: list[dict[str, str]]) -> None:
    """Keep the event loop from everything, until the stacks are logged."""
    until = time.monotonic() + DEADLINE
    blocked.set()
    while not any(line["message"].startswith("task blocked") for line in lines):
        assert time.monotonic() < until, "nothing was logged"


def test_each_task_is_shown_with_its_name_and_where_it_waits() -> None:
    async def story() -> None:
        waiting = asyncio.create_task(work(), name="worker 1: NatsCluster prod/c")
        await asyncio.sleep(0)
        log_stacks(asyncio.get_running_loop())
        waiting.cancel()

    with logged("ERROR") as lines:
        asyncio.run(story())
    [task] = [text for text in messages(lines) if text.startswith("task worker 1: NatsCluster prod/c\n")]
    places = task.splitlines()[1:]
    assert [place.rpartition(" in ")[2] for place in places] == ["work", "wait_for_ever", "Event.wait"]
    assert places[0].startswith(f"  {__name__}:")


def test_a_reconciliation_that_is_timed_is_shown_where_it_waits() -> None:
    async def story() -> None:
        monitor = EventLoopMonitor()
        waiting = asyncio.create_task(monitor.timed(work()), name="worker 2")
        await asyncio.sleep(0)
        log_stacks(asyncio.get_running_loop())
        waiting.cancel()
        await asyncio.wait([waiting])

    with logged("ERROR") as lines:
        asyncio.run(story())
    [task] = [text for text in messages(lines) if text.startswith("task worker 2\n")]
    assert " in wait_for_ever\n" in task


def test_a_loop_that_is_blocked_is_shown_where_it_is_blocked() -> None:
    blocked = threading.Event()

    def send_signal() -> None:
        assert blocked.wait(DEADLINE)
        os.kill(os.getpid(), signal.SIGUSR1)

    async def story(lines: list[dict[str, str]]) -> None:
        asyncio.current_task().set_name("blocked")  # type: ignore[union-attr]
        log_on_signal(asyncio.get_running_loop())
        threading.Thread(target=send_signal, daemon=True).start()
        block(blocked, lines)

    with logged("ERROR") as lines:
        asyncio.run(story(lines))
    [main] = [text for text in messages(lines) if text.startswith("thread MainThread\n")]
    assert re.search(rf"\n  {__name__}:\d+ in block(\n|$)", main), main
