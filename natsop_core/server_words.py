"""What a server says when it does not do what was requested, as far as people may read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from natsop_core.servers import read_answer

_JWT: Final = re.compile(r"eyJ[-\w.]*", re.ASCII)
_LONGEST: Final = 300
"""Characters of a server's words that go into a status."""


def refusal_in(body: bytes) -> str:
    """Why a request was not done, in the server's own words; empty where the answer has no error.

    Half a surrogate pair, which JSON can hold and no text in UTF-8 can, is replaced.
    """
    error = read_answer(body).get("error")
    if not isinstance(error, Mapping):
        return ""
    return str(error.get("description") or "it does not say why").encode("utf-8", "replace").decode()


def quotable(words: str) -> str:
    """Not too many of them, and without JWTs."""
    return _JWT.sub("(a JWT)", words)[:_LONGEST]
