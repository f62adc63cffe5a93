"""Waiting for a condition with a deadline: the only way that tests and the testbed wait for anything."""

import time
from collections.abc import Callable
from typing import TypeVar

from tests.testbed.client import ApiError
from tests.testbed.errors import CommandError

T = TypeVar("T")


class WaitError(AssertionError):
    """The condition did not come true in time; the message tells what was seen instead."""


def wait_until(predicate: Callable[[], T], timeout: float = 60, what: str = "", interval: float = 0.1) -> T:
    """Call `predicate` until it returns something true, and return that.

    Errors of the API server, commands that fail and failed assertions mean "not yet": a predicate may simply get an
    object and assert things about it. Anything else it raises is passed on at once.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            seen: object = (value := predicate())
            if value:
                return value
        except (ApiError, CommandError, AssertionError) as error:
            seen = error
        if time.monotonic() >= deadline:
            raise WaitError(f"not within {timeout:g} s: {what or predicate.__name__}; last seen: {_shown(seen)}")
        time.sleep(interval)


def _shown(seen: object, limit: int = 3000) -> str:
    text = f"{type(seen).__name__}: {seen}" if isinstance(seen, Exception) else repr(seen)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"
