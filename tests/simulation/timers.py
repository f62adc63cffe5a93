"""What is due a moment later, each thing once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """Things to do by what they are: while one is due, it is not asked for again."""

    def __init__(self) -> None:
        self._due: dict[tuple[str, ...], asyncio.TimerHandle] = {}

    def later(self, what: tuple[str, ...], seconds: float, do: Callable[[], None]) -> None:
        """Do it after so many seconds, unless it is due already."""
        if what not in self._due:
            self._due[what] = asyncio.get_running_loop().call_later(seconds, self._do, what, do)

    def stop(self) -> None:
        """Do nothing any more."""
        for handle in self._due.values():
            handle.cancel()
        self._due.clear()

    def _do(self, what: tuple[str, ...], do: Callable[[], None]) -> None:
        del self._due[what]
        do()
