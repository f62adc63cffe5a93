"""A TLS context that is rebuilt when its files change: CAs and certificates are rotated."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[int, int, int] | None, ...]
"""Inode, time and size of each file; None for a file that does not exist."""


class ReloadedContext:
    """Returns the context for the next connection. `build` makes one of the files, or raises OSError or ValueError.

    If the changed files are unusable, such as a certificate without its new key, the last context stays in use, and
    the log has one warning. interval: seconds between two checks of the files.
    """

    def __init__(
        self,
        build: Callable[[], ssl.SSLContext],
        files: Sequence[Path],
        *,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._build = build
        self._files = files
        self._interval = interval
        self._clock = clock
        self._looked_at = clock()
        self._seen = _fingerprint(files)
        self._context = build()
        self._trouble = ""

    def __call__(self) -> ssl.SSLContext:
        """The context; the files are checked every `interval` seconds."""
        if self._clock() - self._looked_at >= self._interval:
            self._looked_at = self._clock()
            self._look()
        return self._context

    def _look(self) -> None:
        found = _fingerprint(self._files)
        if found == self._seen and not self._trouble:
            return
        files = ", ".join(map(str, self._files))
        try:
            self._context = self._build()
        except (OSError, ValueError) as error:
            if str(error) != self._trouble:
                log.warning("cannot use the changed TLS files, the last ones stay in use: %s: %s", files, error)
            self._trouble = str(error)
        else:
            self._seen, self._trouble = found, ""
            log.info("using the changed TLS files: %s", files)


def _fingerprint(files: Sequence[Path]) -> Fingerprint:
    return tuple(_of_one(file) for file in files)


def _of_one(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
