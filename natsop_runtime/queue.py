"""A work queue of keys: what changes while a worker is busy with it is done again afterwards, never at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from typing import Final, Generic, TypeVar

from natsop_runtime.backoff import Backoff

K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=Hashable)

BACKOFF: Final = Backoff(first=1.0, most=60.0)


class WorkQueue(Generic[K, R]):
    """Keys that wait for a worker, each at most once.

    A worker calls `get`, and then `done` or `failed` with the same key. A key that is added in between waits for that,
    with the reasons why: a worker that changes something is told of the change, and says which it expected.
    """

    def __init__(self) -> None:
        self._ready: deque[K] = deque()
        self._waiting: set[K] = set()  # those in `_ready`
        self._busy: dict[K, set[R]] = {}  # with the reasons why their work is not the last word
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._something_to_do = asyncio.Event()
        self._closed = False

    def add(self, key: K, because: R) -> None:
        """Have the key worked on as soon as may be."""
        if key in self._busy:
            self._busy[key].add(because)
        else:
            self._make_ready(key)

    async def get(self) -> K | None:
        """The next key to work on, or None once the queue is closed."""
        while not self._closed:
            if self._ready:
                return self._take()
            self._something_to_do.clear()
            await self._something_to_do.wait()
        return None

    def done(self, key: K, *, expected: AbstractSet[R] = frozenset(), again_after: float | None = None) -> None:
        """The work on the key succeeded; what was expected meanwhile is no reason to do it again."""
        self._failures.pop(key, None)
        self._release(key, expected, again_after)

    def failed(self, key: K, *, expected: AbstractSet[R] = frozenset(), at_least: float = 0.0) -> None:
        """The work on the key failed: it is done again after a pause that grows with each failure in a row."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        self._release(key, expected, max(at_least, BACKOFF.delay(failures)))

    def close(self) -> None:
        """Hand out nothing more."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._something_to_do.set()

    def _take(self) -> K:
        """The first key; what it was to be done for later is done now, too."""
        key = self._ready.popleft()
        self._waiting.discard(key)
        self._busy[key] = set()
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
        return key

    def _release(self, key: K, expected: AbstractSet[R], again_after: float | None) -> None:
        if self._busy.pop(key) - expected:
            self._make_ready(key)
        elif again_after is not None and not self._closed:
            self._timers[key] = asyncio.get_running_loop().call_later(again_after, self._due, key)

    def _due(self, key: K) -> None:
        del self._timers[key]
        self._make_ready(key)

    def _make_ready(self, key: K) -> None:
        if not self._closed and key not in self._waiting:
            self._waiting.add(key)
            self._ready.append(key)
            self._something_to_do.set()
