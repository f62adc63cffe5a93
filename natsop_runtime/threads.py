"""Run long computations in threads, so that the event loop is not blocked."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


async def run_in_thread(compute: Callable[..., R], *arguments: Any) -> R:
    """Return or raise what `compute(*arguments)` does. A caller that is cancelled no longer waits for it.

    The thread is a daemon: unlike those of `asyncio.to_thread`, it does not delay the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[R] = loop.create_future()

    def work() -> None:
        try:
            result = compute(*arguments)
        except Exception as error:
            tell(answer.set_exception, error)
        else:
            tell(answer.set_result, result)

    def tell(settle: Callable[[Any], None], outcome: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed, so nobody waits
            loop.call_soon_threadsafe(lambda: None if answer.done() else settle(outcome))

    threading.Thread(target=work, name="run_in_thread", daemon=True).start()
    return await answer
