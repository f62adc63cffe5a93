"""What a process has used so far, as the kernel counts it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
MEBIBYTE: Final = 2**20


def processor_seconds(pid: int) -> float:
    """User and system time of the process, in steps of a clock tick (10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mebibytes(pid: int) -> float:
    """What it holds in memory at present."""
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return resident * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE


@dataclass(frozen=True)
class Spent:
    """Processor time of both sides of the API."""

    operator: float
    api_server: float

    def __sub__(self, earlier: Spent) -> Spent:
        return Spent(self.operator - earlier.operator, self.api_server - earlier.api_server)


def spent(operator: int | None, api_server: int | None) -> Spent:
    """What the two processes have spent so far; a process that is gone is an error."""
    assert operator is not None
    assert api_server is not None
    return Spent(processor_seconds(operator), processor_seconds(api_server))
