"""Errors in a configuration, and their places in files."""

import bisect
import re

from natsop_core.frozen import frozen


@frozen
class Place:
    """A place in a file. Lines and columns count from 1, columns in characters. Line 0: the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Source:
    """Converts offsets in a text to places. Offsets are stored, because most places are never needed."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> Place:
        line = bisect.bisect_right(self._line_starts, offset)
        return Place(self.file, line, offset - self._line_starts[line - 1] + 1)


class ConfError(ValueError):
    """A configuration that nats-server rejects, or that it would read in a way that cannot be intended.

    The message gives the place, the problem and the remedy. It never quotes a value, which may be a secret.
    """

    def __init__(self, place: Place, problem: str) -> None:
        super().__init__(f"{place}: {problem}")
        self.place = place
        self.problem = problem
