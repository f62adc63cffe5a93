"""A rate limiter per key: a burst, then a steady rate, so that two programs that undo each other do so slowly."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

NANOSECONDS: Final = 9
"""Digits after the point."""


class RateLimiter(Generic[K]):
    """Allows each key `burst` times in a row, then once every `interval` seconds.

    The generic cell rate algorithm (ITU-T I.371): it stores one number for each recent key.
    """

    def __init__(self, *, burst: int, interval: float) -> None:
        self._tolerance = (burst - 1) * interval
        self._interval = interval
        self._due: OrderedDict[K, float] = OrderedDict()  # when a key at the steady rate would be due next

    def admit(self, key: K, now: float) -> bool:
        """Whether the key may be handed out now; if so, it is."""
        if self.delay(key, now) > 0:
            return False
        self.record(key, now)
        return True

    def record(self, key: K, now: float) -> None:
        """The key is handed out now."""
        self._due[key] = max(self._due.get(key, now), now) + self._interval
        self._due.move_to_end(key)
        while (oldest := next(iter(self._due.items())))[1] <= now:
            del self._due[oldest[0]]

    def delay(self, key: K, now: float) -> float:
        """Seconds until the key may be handed out, rounded: rounding errors are no reason to wait."""
        return max(0.0, round(self._due.get(key, now) - self._tolerance - now, NANOSECONDS))

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._due)
