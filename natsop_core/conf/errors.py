"""What is wrong with a configuration, and where."""

import bisect
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """Where something stands. Lines and columns count from 1, columns in characters. Line 0: a tree without a text."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Source:
    """A text, for the places in it. An offset is kept where a place may never be asked for."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        line = bisect.bisect_right(self._line_starts, offset)
        return Place(self.file, line, offset - self._line_starts[line - 1] + 1)


class ConfError(ValueError):
    """A configuration that nats-server would refuse, or that it would take to mean something nobody can have meant.

    The message says where, what is wrong and what to do. It never quotes a value, which may be a secret.
    """

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
