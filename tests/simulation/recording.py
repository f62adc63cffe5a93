"""What happened in a simulation, for whoever has to find out why it failed."""

from __future__ import annotations

import json
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.simulation.api_server.server import Request

LONGEST_BODY: Final = 160


@dataclass(frozen=True, slots=True)
class HttpClient:
    """A request and what became of it: a status code, or in words why there was no answer."""

    time: float
    who: str
    request: Request
    result: int | str
    answer: str = ""

    def __str__(self) -> str:
        query = "&".join(f"{name}={value}" for name, value in self.request.query.items())
        body = _short(self.request.body)
        return (
            f"{self.time:10.3f} {self.who:12} {self.request.method:6} {self.request.path}{'?' * bool(query)}{query}"
            f" {body} -> {self.result}"
        )


@dataclass(frozen=True, slots=True)
class Note:
    """Something else that happened."""

    time: float
    text: str

    def __str__(self) -> str:
        return f"{self.time:10.3f} {self.text}"


class Recording(logging.Handler):
    """All exchanges, what people did and the operator's own log. `most` bounds how many are kept."""

    def __init__(self, clock: Callable[[], float], most: int | None = None) -> None:
        super().__init__()
        self._clock = clock
        self.entries: deque[HttpClient | Note | tuple[float, logging.LogRecord]] = deque(maxlen=most)

    def note(self, text: str) -> None:
        self.entries.append(Note(self._clock(), text))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of the operator's log; it is put into words when somebody wants to read it."""
        self.entries.append((self._clock(), record))

    def exchanges(self) -> list[HttpClient]:
        return [each for each in self.entries if isinstance(each, HttpClient)]

    def __str__(self) -> str:
        return "\n".join(
            f"{entry[0]:10.3f} log          {entry[1].levelname} {entry[1].getMessage()}"
            if isinstance(entry, tuple)
            else str(entry)
            for entry in self.entries
        )


def _short(body: str) -> str:
    if not body:
        return ""
    try:
        metadata = json.loads(body)["metadata"]
        guards = {key: metadata[key] for key in ("name", "uid", "resourceVersion") if key in metadata}
        return json.dumps(guards)
    except (ValueError, LookupError, TypeError):
        return body[:LONGEST_BODY]
