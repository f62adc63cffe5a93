"""Computations in threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from natsop_runtime.threads import run_in_thread

LONG = 30.0


def test_the_loop_turns_while_something_is_computed() -> None:
    async def story() -> bool:
        the_loop_turned = threading.Event()
        asyncio.get_running_loop().call_soon(the_loop_turned.set)
        return await run_in_thread(the_loop_turned.wait, LONG)

    assert asyncio.run(story())


def test_an_error_is_that_of_who_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_in_thread(divmod, 1, 0))


def test_who_gives_up_does_not_wait_and_neither_does_the_loop_s_end() -> None:
    never = threading.Event()

    async def story() -> None:
        async with asyncio.timeout(0.01):
            await run_in_thread(never.wait, LONG)

    with pytest.raises(TimeoutError):
        asyncio.run(story())
    never.set()


def test_what_is_still_computed_does_not_keep_the_process_from_ending() -> None:
    assert asyncio.run(run_in_thread(threading.current_thread)).daemon
