"""Computations that take long, in threads, so that the event loop turns on."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R")


async def run_in_thread(compute: Callable[..., R], *arguments: Any) -> R:
    """What `compute(*arguments)` returns or raises. Who is cancelled meanwhile does not wait for it any more.

    The thread is a daemon: unlike those of `asyncio.to_thread`, it does not keep a process from ending that is to end.
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
        with contextlib.suppress(RuntimeError):  # the loop is closed, and nobody there to be told
            loop.call_soon_threadsafe(lambda: None if answer.done() else settle(outcome))

    threading.Thread(target=work, name="beside the loop", daemon=True).start()
    return await answer
