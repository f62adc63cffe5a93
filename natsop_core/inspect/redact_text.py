"""Removes text that looks like a secret: a second line of defence after the redaction of objects."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "(redacted)"

SHORTEST: Final = 6
"""Minimum length of a secret that is masked in other texts; shorter ones would match parts of words."""

_URL_USER: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s'\"<>,\]}]*@")
_WHOLE_URL: Final = re.compile(r"\A([A-Za-z][A-Za-z0-9+.-]*://).*@", re.DOTALL)
"""A text that is a URL. Everything before its last @ may be a password, including quotes and commas."""

_PATTERNS: Final = (
    re.compile(r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?"),  # a JWT
    re.compile(r"\bS[A-Z][A-Z2-7]{50,58}\b"),  # the seed of an nkey
    re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{20,}"),  # a bcrypt hash
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
    re.compile(r"-----BEGIN (NATS|USER)[A-Z ]*-----.*?(------END [A-Z ]*------|\Z)", re.DOTALL),
)


def without_credentials(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without JWTs, seeds, private keys, users in URLs, and these secrets."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    text = _WHOLE_URL.sub(rf"\1{MASK}@", text)
    text = _URL_USER.sub(rf"\1{MASK}@", text)
    for pattern in _PATTERNS:
        text = pattern.sub(MASK, text)
    return text
