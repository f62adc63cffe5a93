"""Something that goes on beside a test, again and again, until the block ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.testbed.client import ApiError


@contextmanager
def repeated(act: Callable[[], object], *, every: float) -> Iterator[None]:
    """Act now and then, whatever the API server says to it. every: seconds in between."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every):
            with suppress(ApiError):
                act()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
