"""Logs the stacks of all threads and tasks on SIGUSR1, to find out where an operator hangs."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from natsop_runtime.logs import place

if TYPE_CHECKING:
    from types import FrameType

log = logging.getLogger(__name__)


def log_on_signal(loop: asyncio.AbstractEventLoop) -> None:
    """Write the stacks to the log whenever SIGUSR1 comes, even while the event loop is blocked.

    A separate thread writes them: a signal handler could interrupt another log line.
    """

    def start(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=log_stacks, args=(loop,), name="stacks", daemon=True).start()

    signal.signal(signal.SIGUSR1, start)


def log_stacks(loop: asyncio.AbstractEventLoop) -> None:
    """A line for each thread but this one, and one for each task of the event loop, the innermost call last."""
    threads = {each.ident: each.name for each in threading.enumerate() if each is not threading.current_thread()}
    tasks = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    _say(f"stacks of {len(threads)} threads and {len(tasks)} tasks:")
    frames = sys._current_frames()  # noqa: SLF001 (there is no other way to them)
    for ident, name in threads.items():
        if ident in frames:
            _say(f"thread {name}{_lines(reversed([*_outwards(frames[ident])]))}")
    for task in tasks:
        _say(f"task {task.get_name()}{_lines(_inwards(task.get_coro()))}")


def _say(text: str) -> None:
    """Log at any log level: the user asked for it."""
    log.handle(log.makeRecord(log.name, logging.INFO, __file__, 0, text, (), None))


def _lines(frames: Iterator[FrameType]) -> str:
    return "".join(f"\n  {place(frame, frame.f_lineno)} in {frame.f_code.co_qualname}" for frame in frames)


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _inwards(awaited: Any) -> Iterator[FrameType]:
    """The frames of a coroutine and of what it awaits; of a task, asyncio itself shows only the first."""
    while awaited is not None:
        frame = _first_of(awaited, "cr_frame", "ag_frame", "gi_frame")
        awaited = _first_of(awaited, "cr_await", "ag_await", "gi_yieldfrom")
        if frame is not None:
            yield frame
            awaited = awaited or getattr(frame.f_locals.get("self"), "coroutine", None)  # what `event_loop` drives


def _first_of(obj: Any, *attributes: str) -> Any:
    return next((found for name in attributes if (found := getattr(obj, name, None)) is not None), None)
