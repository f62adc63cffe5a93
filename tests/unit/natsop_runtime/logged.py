"""What a test's code logs, as the JSON objects of its lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from natsop_runtime.logs import JsonLines


class _Lines(logging.Handler):
    """Formats each record when it is logged, as it is then known what it is about."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@contextmanager
def logged(level: str = "INFO") -> Iterator[list[dict[str, Any]]]:
    """All lines that the operator logs from now on, of at least this level."""
    logger, handler = logging.getLogger("natsop_runtime"), _Lines()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(level)
    try:
        yield handler.lines
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


def messages(lines: list[dict[str, Any]]) -> list[str]:
    return [line["message"] for line in lines]
