"""Exponential backoff with jitter."""

from __future__ import annotations

import random

from natsop_core.frozen import frozen


@frozen
class Backoff:
    """How long to wait after so many failures in a row: doubling from `first` seconds up to `most`.

    Jitter spreads those who failed together: each waits between half and all of its turn.
    """

    first: float
    most: float

    def delay(self, failures: int) -> float:
        """Seconds to wait after the given number of failures (at least one)."""
        doublings = min(failures - 1, 16)
        turn = min(self.first * 2.0**doublings, self.most)
        return turn * random.uniform(0.5, 1.0)  # noqa: S311
