"""What a server says when it does not do what was requested, as far as people may read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from natsop_core.servers import read_answer

_JWT: Final = re.compile(r"eyJ[-\w.]*", re.ASCII)
_MOST: Final = 2_000
"""Characters of a reason that is looked through for what is secret, which may take as long as their square."""

_LONGEST: Final = 300
"""Characters of a server's words that go into a status."""


def refusal_in(body: bytes) -> str:
    """Why a request was not done, in the server's own words; empty where the answer has no error.

    Half a surrogate pair, which JSON can hold and no text in UTF-8 can, is replaced.
    """
    error = read_answer(body).get("error")
    if not isinstance(error, Mapping):
        return ""
    words = str(error.get("description") or "it does not say why")
    return words.encode("utf-8", "replace").decode() if len(words) <= _MOST else "its reason is too long to be shown"


def quotable(words: str) -> str:
    """Not too many of them, and without JWTs."""
    return _JWT.sub("(a JWT)", words)[:_LONGEST]
