"""A work queue of keys: what changes while a worker is busy with it is done again afterwards, never at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from natsop_runtime.backoff import Backoff

K = TypeVar("K", bound=Hashable)

BACKOFF: Final = Backoff(first=1.0, most=60.0)


class WorkQueue(Generic[K]):
    """Keys that wait for a worker, each at most once.

    A worker calls `get`, and then `done` or `failed` with the same key. A key that is added in between waits for that.
    """

    def __init__(self) -> None:
        self._ready: deque[K] = deque()
        self._waiting: set[K] = set()  # in `_ready`, or to be put there once their worker is done
        self._busy: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._changed = asyncio.Event()
        self._closed = False

    def add(self, key: K) -> None:
        """Have the key worked on as soon as may be."""
        if self._closed or key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._busy:
            self._make_ready(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have the key worked on after so many seconds, unless it is anyway before; the earliest wish counts."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    async def get(self) -> K | None:
        """The next key to work on, or None once the queue is closed. What it was to be done for later is done now."""
        while not self._closed:
            if self._ready:
                key = self._ready.popleft()
                self._waiting.discard(key)
                self._busy.add(key)
                self._cancel_timer(key)
                return key
            self._changed.clear()
            await self._changed.wait()
        return None

    def done(self, key: K, *, again_after: float | None = None) -> None:
        """The work on the key succeeded."""
        self._failures.pop(key, None)
        self._release(key)
        if again_after is not None:
            self.add_after(key, again_after)

    def failed(self, key: K, *, at_least: float = 0.0) -> None:
        """The work on the key failed: it is done again after a pause that grows with each failure in a row."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self._release(key)
        self.add_after(key, max(at_least, BACKOFF.delay(failures)))

    def close(self) -> None:
        """Hand out nothing more."""
        self._closed = True
        for key in tuple(self._timers):
            self._cancel_timer(key)
        self._changed.set()

    def _due(self, key: K) -> None:
        del self._timers[key]
        self.add(key)

    def _release(self, key: K) -> None:
        self._busy.discard(key)
        if key in self._waiting:
            self._make_ready(key)

    def _make_ready(self, key: K) -> None:
        self._ready.append(key)
        self._changed.set()

    def _cancel_timer(self, key: K) -> None:
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
