"""Checks durations in the syntax of Go."""

from __future__ import annotations

import re
from typing import Final

_NANOSECONDS: Final = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
_UNITS: Final = _NANOSECONDS | {"m": 60 * 10**9, "h": 3600 * 10**9}
_PARTS: Final = re.compile(r"(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_MOST_NANOSECONDS: Final = 2**63 - 1
_MOST_DIGITS: Final = 19


def is_go_duration(text: str) -> bool:
    """Whether Go's time.ParseDuration, and so nats-server, accepts the text."""
    sign = -1 if text.startswith("-") else 1
    text = text[1:] if text.startswith(("+", "-")) else text
    if text == "0":
        return True
    total, end = 0, 0
    for part in _PARTS.finditer(text):
        if part.start() != end:
            return False
        whole, fraction, unit = (part[1] or "").lstrip("0"), (part[2] or part[3] or "")[:_MOST_DIGITS], _UNITS[part[4]]
        if len(whole) > _MOST_DIGITS:
            return False
        total += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        end = part.end()
    return 0 < end == len(text) and total <= _MOST_NANOSECONDS + (sign < 0)
