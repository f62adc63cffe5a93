"""The clock of the event loop, for waits and durations. In tests its time is virtual."""

from __future__ import annotations

import asyncio


def loop_time() -> float:
    """Seconds on a monotonic clock; call it while the event loop runs."""
    return asyncio.get_running_loop().time()
