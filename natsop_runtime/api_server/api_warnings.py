"""Warnings in the API server's responses: deprecated kinds, unknown fields, Pod Security."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final

_WARNING: Final = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')
"""As the API server writes it (apimachinery/pkg/util/net/http.go, NewWarningHeader), and as client-go reads it."""

MOST_REMEMBERED: Final = 1_000

LONGEST: Final = 2_000
"""Characters of a warning that are logged."""

log = logging.getLogger(__name__)


class ApiWarnings:
    """Logs each warning once for each kind of object."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str]] = set()

    def log(self, plural: str, path: str, headers: Iterable[str]) -> None:
        """Log the `Warning` headers of a response. A warning names the first object of its kind only."""
        for header in headers:
            for quoted in _WARNING.findall(header):
                self._log_once(plural, path, re.sub(r"\\(.)", r"\1", quoted)[:LONGEST])

    def _log_once(self, plural: str, path: str, warning: str) -> None:
        if (plural, warning) in self._logged:
            return
        if len(self._logged) == MOST_REMEMBERED:
            self._logged.clear()
        self._logged.add((plural, warning))
        log.warning("the API server warns about %s: %s", path, warning)
