"""How often one key may be worked on: freely for a while, then at a steady pace, so that no fight is a fast one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class RateLimiter(Generic[K]):
    """Lets each key go `burst` times in a row, and once every `interval` seconds from then on.

    That is the generic cell rate algorithm (ITU-T I.371): one number for each key that went lately says all.
    """

    def __init__(self, *, burst: int, interval: float) -> None:
        self._tolerance = (burst - 1) * interval
        self._interval = interval
        self._due: OrderedDict[K, float] = OrderedDict()  # when a key that had kept the steady pace would go next

    def record(self, key: K, now: float) -> None:
        """The key goes now."""
        self._due[key] = max(self._due.get(key, now), now) + self._interval
        self._due.move_to_end(key)
        while self._due and (oldest := next(iter(self._due.items())))[1] <= now:
            del self._due[oldest[0]]

    def delay(self, key: K, now: float) -> float:
        """Seconds until the key may go, to the nanosecond: what sums of fractions leave over is no reason to wait."""
        return max(0.0, round(self._due.get(key, now) - self._tolerance - now, 9))

    def __len__(self) -> int:
        """The keys of which something is remembered."""
        return len(self._due)
