"""What holds the event loop is measured, and the log names it."""

from __future__ import annotations

import asyncio
import time

import pytest

from natsop_core.kinds import CLUSTERS
from natsop_runtime.event_loop import INTERVAL, TOO_LONG, EventLoopMonitor
from natsop_runtime.logs import Text, about

KEY, OTHER = CLUSTERS.key("prod", "slow"), CLUSTERS.key("prod", "other")

TIMEOUT = 20.0
"""Seconds for a sample, which is due after half a second."""


class Samples:
    """The lags that were sampled."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._taken = asyncio.Event()

    def observe(self, lag: float) -> None:
        self.lags.append(lag)
        self._taken.set()

    async def next(self) -> float:
        self._taken.clear()
        async with asyncio.timeout(TIMEOUT):
            await self._taken.wait()
        return self.lags[-1]


def hold(seconds: float = TOO_LONG + 0.05) -> None:
    """Hold the loop, as a long computation does."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_the_log_names_the_custom_resource_whose_step_held_the_loop(caplog: pytest.LogCaptureFixture) -> None:
    async def reconcile() -> str:
        await asyncio.sleep(0)
        hold()
        await asyncio.sleep(0)
        return "done"

    async def story() -> None:
        with about(KEY):
            assert await EventLoopMonitor().timed(reconcile()) == "done"

    caplog.handler.setFormatter(Text())
    asyncio.run(story())
    assert "WARNING NatsCluster prod/slow: this reconciliation held the event loop for 0." in caplog.text


def test_who_waits_for_long_holds_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def reconcile() -> None:
        await asyncio.sleep(TOO_LONG + 0.05)

    asyncio.run(EventLoopMonitor().timed(reconcile()))
    assert caplog.messages == []


def test_errors_timeouts_and_cancellation_pass_through_in_both_directions() -> None:
    passed: list[str] = []

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("fault")

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            passed.append("cancelled")
            raise

    async def story() -> None:
        monitor = EventLoopMonitor()
        with pytest.raises(KeyError):
            await monitor.timed(fail())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await monitor.timed(hang())
        task = asyncio.create_task(monitor.timed(hang()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
    assert passed == ["cancelled", "cancelled"]


def test_lag_is_sampled_and_what_no_reconciliation_caused_is_logged_with_those_in_progress(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> float:
        samples, monitor = Samples(), EventLoopMonitor()
        monitor.observe = samples.observe
        monitor.in_progress = lambda: [(KEY, 1.0), (OTHER, 2.0)]
        async with monitor.sampling():
            await samples.next()
            caplog.clear()
            hold(INTERVAL + TOO_LONG + 0.05)  # so that the next sample is due in the middle
            return await samples.next()

    assert asyncio.run(story()) >= TOO_LONG
    [message] = caplog.messages
    assert "not by a step of a reconciliation; in progress: NatsCluster prod/slow, NatsCluster prod/other" in message


def test_what_a_reconciliation_caused_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def reconcile() -> None:
        hold(INTERVAL + TOO_LONG + 0.05)

    async def story() -> float:
        samples, monitor = Samples(), EventLoopMonitor()
        monitor.observe = samples.observe
        async with monitor.sampling():
            await samples.next()
            caplog.clear()
            await monitor.timed(reconcile())
            return await samples.next()

    assert asyncio.run(story()) >= TOO_LONG
    [message] = caplog.messages
    assert message.startswith("this reconciliation held the event loop for 0.")
