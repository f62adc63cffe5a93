"""Watches the event loop: while one computation holds it, all custom resources, the Lease and the probes wait.

A task that sleeps measures how late it is woken. Which reconciliation held the loop is known from the duration of its
steps: a step is the code between two points at which the reconciliation waits, and nothing else runs meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from natsop_runtime.clock import loop_time

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey

R = TypeVar("R")

INTERVAL: Final = 0.5
"""Seconds between two samples of the lag."""

TOO_LONG: Final = 0.2
"""Seconds for which the loop may be held without a warning."""

log = logging.getLogger(__name__)


class EventLoopMonitor:
    """Measures the lag of the event loop and logs what caused it.

    observe: called with each sample, in seconds. in_progress: the custom resources that are being reconciled, and for
    how many seconds. Both are set by whoever knows them.
    """

    def __init__(self) -> None:
        self.observe: Callable[[float], None] = lambda _lag: None
        self.in_progress: Callable[[], Iterable[tuple[ObjectKey, float]]] = tuple
        self._is_explained = False  # whether the cause has been logged since the last sample

    @asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        """Take samples during the context."""
        task = asyncio.create_task(self._sample())
        try:
            yield
        finally:
            task.cancel()

    async def timed(self, reconciliation: Coroutine[Any, Any, R]) -> R:
        """Run a reconciliation and time its steps. The log tells of which custom resource, as of all its lines."""
        return await _Steps(reconciliation, self._stepped)

    async def _sample(self) -> None:
        while True:
            due = loop_time() + INTERVAL
            await asyncio.sleep(INTERVAL)
            lag = max(0.0, loop_time() - due)
            self.observe(lag)
            if lag >= TOO_LONG and not self._is_explained:
                keys = ", ".join(str(key) for key, _ in self.in_progress()) or "nothing"
                log.warning(
                    "the event loop was held for %.2f s, not by a step of a reconciliation; in progress: %s", lag, keys
                )
            self._is_explained = False

    def _stepped(self, seconds: float) -> None:
        if seconds >= TOO_LONG:
            self._is_explained = True
            log.warning("this reconciliation held the event loop for %.2f s", seconds)


class _Steps(Generic[R]):
    """Awaits a coroutine and reports the seconds of each of its steps."""

    def __init__(self, coroutine: Coroutine[Any, Any, R], report: Callable[[float], None]) -> None:
        self.coroutine = coroutine
        self._report = report

    def __await__(self) -> Generator[Any, Any, R]:
        step: Callable[[], Any] = partial(self.coroutine.send, None)
        proceed = step
        while True:
            begun = perf_counter()
            try:
                awaited = step()
            except StopIteration as end:
                result: R = end.value
                return result
            finally:
                self._report(perf_counter() - begun)
            try:
                yield awaited
            except BaseException as error:
                step = partial(self.coroutine.throw, error)
            else:
                step = proceed
