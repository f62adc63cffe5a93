"""Reads error messages in the answers of servers, and removes secrets from them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from natsop_core.servers import read_answer

_JWT: Final = re.compile(r"eyJ[-\w.]*", re.ASCII)
_MOST: Final = 2_000
"""Maximum characters of an error that is searched for secrets; the search time can grow with their square."""

_LONGEST: Final = 300
"""Maximum characters of an error in a status."""


def error_message(body: bytes) -> str:
    """The error in a server's answer; empty if it has none.

    Half a surrogate pair, which JSON can hold but UTF-8 cannot, is replaced.
    """
    error = read_answer(body).get("error")
    if not isinstance(error, Mapping):
        return ""
    words = str(error.get("description") or "no reason given")
    return words.encode("utf-8", "replace").decode() if len(words) <= _MOST else "the error is too long to show"


def sanitized(words: str) -> str:
    """The text without JWTs, cut to its maximum length."""
    return _JWT.sub("(a JWT)", words)[:_LONGEST]
