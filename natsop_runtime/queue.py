"""A work queue of keys: a key that is added while a worker processes it is processed again afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from natsop_runtime.backoff import Backoff
from natsop_runtime.clock import loop_time
from natsop_runtime.fair_queue import FairQueue
from natsop_runtime.rate_limiter import RateLimiter

K = TypeVar("K", bound=Hashable)
R = TypeVar("R", bound=Hashable)
K_contra = TypeVar("K_contra", contravariant=True)

BACKOFF: Final = Backoff(first=1.0, most=60.0)

BURST: Final = 100
STEADY_INTERVAL: Final = 1.0
"""A key that changes again and again is handed out `BURST` times in a row, then every `STEADY_INTERVAL` seconds."""


MOST_CAUSES: Final = 10
"""How many of the changes that caused a key to be processed are kept for the log."""


@dataclass(slots=True)
class Causes(Generic[R]):
    """Why a key is processed: changes since a time, of which the first are kept, or a timer."""

    since: float
    changes: list[R] = field(default_factory=list)
    more: int = 0
    timer: str = ""

    def add(self, change: R) -> None:
        """Record another change."""
        if len(self.changes) < MOST_CAUSES:
            self.changes.append(change)
        else:
            self.more += 1

    def __str__(self) -> str:
        changes = ", ".join(map(str, self.changes)) + (f" and {self.more} more" if self.more else "")
        return ", and ".join(filter(None, (changes, self.timer)))


@dataclass(slots=True)
class Work(Generic[R]):
    """A key that a worker processes, why it does, and the changes that arrived meanwhile."""

    since: float
    causes: Causes[R]
    changes: dict[R, float] = field(default_factory=dict)  # with the times when they arrived


class Observer(Protocol[K_contra]):
    """Counts what passes through a queue."""

    def added(self, key: K_contra, /) -> None:
        """The key waits for a worker."""

    def taken(self, key: K_contra, waited: float, /) -> None:
        """A worker has the key, which waited for so many seconds."""

    def finished(self, key: K_contra, seconds: float, /) -> None:
        """The worker is done with the key, after so many seconds."""

    def retried(self, key: K_contra, /) -> None:
        """The key failed and is to be processed again."""


class Unobserved:
    """Counts nothing."""

    def added(self, _key: Hashable) -> None:
        pass

    def taken(self, _key: Hashable, _waited: float) -> None:
        pass

    def finished(self, _key: Hashable, _seconds: float) -> None:
        pass

    def retried(self, _key: Hashable) -> None:
        pass


class WorkQueue(Generic[K, R]):
    """Keys that wait for a worker, each at most once.

    A worker calls `get`, and then `done` or `failed` with the same key. A key that is added in between is queued again
    afterwards, unless all its changes were expected: a worker also receives the changes that it made itself.

    `workers` is their number. The groups of keys (namespaces) take turns, and slow keys leave a worker for quick ones:
    see `FairQueue`. A key is not slow because it failed.
    """

    def __init__(
        self,
        *,
        group: Callable[[K], Hashable] = lambda _key: None,
        workers: int = 1_000,
        observer: Observer[K] | None = None,
    ) -> None:
        self._observer = observer or Unobserved()
        self._fair_queue = FairQueue(workers=workers, group=group)
        self._waiting: dict[K, float] = {}  # the time since when
        self._causes: dict[K, Causes[R]] = {}  # of keys that wait, for a worker or for the rate limiter
        self._busy: dict[K, Work[R]] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._rate_limiter: RateLimiter[K] = RateLimiter(burst=BURST, interval=STEADY_INTERVAL)
        self._something_to_do = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        """How many keys wait for a worker."""
        return len(self._waiting)

    @property
    def longest_work(self) -> tuple[K, float] | None:
        """The key that has been processed for longest, and for how many seconds."""
        if not self._busy:
            return None
        key, work = next(iter(self._busy.items()))
        return key, loop_time() - work.since

    def in_progress(self) -> Iterator[tuple[K, float]]:
        """The keys that workers process now, and for how many seconds they have done so."""
        now = loop_time()
        return ((key, now - work.since) for key, work in self._busy.items())

    def causes(self, key: K) -> Causes[R]:
        """Why a worker processes the key."""
        return self._busy[key].causes

    def add(self, key: K, because: R) -> None:
        """Queue the key."""
        if key in self._busy:
            self._busy[key].changes.setdefault(because, loop_time())
        else:
            self._causes_of(key, loop_time()).add(because)
            self._make_ready(key)

    async def get(self) -> K | None:
        """Wait for the next key to process; None once the queue is closed."""
        while not self._closed:
            if (key := self._fair_queue.begin()) is not None:
                self._take(key)
                return key
            self._something_to_do.clear()
            await self._something_to_do.wait()
        return None

    def done(
        self, key: K, *, expected: AbstractSet[R] = frozenset(), requeue_after: float | None = None
    ) -> float | None:
        """The key succeeded; expected changes are no reason to process it again.

        requeue_after: seconds after which to process it again in any case; None: the key is gone and is forgotten.
        Returns the seconds until it is processed again unless it changes before; None for never.
        """
        self._failures.pop(key, None)
        return self._release(key, expected, requeue_after, "requeued")

    def failed(self, key: K, *, expected: AbstractSet[R] = frozenset(), at_least: float = 0.0) -> float | None:
        """The key failed: it is processed again after a delay that grows with each failure in a row.

        Returns the seconds until then unless it changes before.
        """
        self._observer.retried(key)
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        delay = max(at_least, BACKOFF.delay(failures))
        return self._release(key, expected, delay, f"requeued after failure {failures}")

    def close(self) -> None:
        """Hand out no more keys."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._something_to_do.set()

    def _take(self, key: K) -> None:
        """A scheduled requeue of the key is no longer needed."""
        now = loop_time()
        self._observer.taken(key, now - self._waiting.pop(key))
        self._rate_limiter.record(key, now)
        self._busy[key] = Work(now, self._causes.pop(key))
        self._cancel_timer(key)

    def _release(self, key: K, expected: AbstractSet[R], requeue_after: float | None, timer: str) -> float | None:
        work = self._busy.pop(key)
        seconds = loop_time() - work.since
        self._observer.finished(key, seconds)
        self._fair_queue.end(key, seconds)
        if requeue_after is None:
            self._fair_queue.forget(key)
        self._something_to_do.set()  # for keys that had to wait for this one
        if unexpected := {change: told for change, told in work.changes.items() if change not in expected}:
            for change, told in unexpected.items():
                self._causes_of(key, told).add(change)
            self._make_ready(key)
            return 0.0
        if requeue_after is not None:
            self._make_ready_after(key, requeue_after, f"{timer}, after {requeue_after:.3g} s")
        return requeue_after

    def _causes_of(self, key: K, since: float) -> Causes[R]:
        return self._causes.setdefault(key, Causes(since))

    def _make_ready(self, key: K) -> None:
        if self._closed or key in self._waiting:
            return
        if (pause := self._rate_limiter.delay(key, loop_time())) > 0:
            self._make_ready_after(key, pause, "")
            return
        self._observer.added(key)
        self._waiting[key] = loop_time()
        self._fair_queue.add(key)
        self._something_to_do.set()

    def _make_ready_after(self, key: K, seconds: float, timer: str) -> None:
        if self._closed:
            return
        self._cancel_timer(key)
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self._due, key, timer)

    def _due(self, key: K, timer: str) -> None:
        del self._timers[key]
        self._causes_of(key, loop_time()).timer = timer
        self._make_ready(key)

    def _cancel_timer(self, key: K) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer.cancel()
