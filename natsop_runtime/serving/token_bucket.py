"""A limit to how often something may happen that others can make happen."""

from __future__ import annotations

from collections.abc import Callable


class TokenBucket:
    """So many at once, and then so many per second."""

    def __init__(self, *, burst: int, per_second: float, clock: Callable[[], float]) -> None:
        self._burst = float(burst)
        self._per_second = per_second
        self._clock = clock
        self._left = self._burst
        self._filled_at = clock()

    def take(self) -> bool:
        """Whether it may happen once more, now."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
