"""Reads expiry, subject and issuer of X.509 certificates.

Only these three fields are read, without a library: one would load OpenSSL into every program that only renders, and
cost the operator 11 MiB of memory (docs/concepts/performance.md).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from natsop_core.frozen import frozen

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")

_UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x17, 0x18, 0xA0
_MULTIPLE_BYTES: Final = 0x80
_LONGEST_LENGTH: Final = 4


@frozen
class Certificate:
    """Fields of a certificate (RFC 5280, section 4.1). subject, issuer: the encoded names."""

    not_after: datetime
    subject: bytes
    issuer: bytes


def certificates_in(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates in a file, in order. Unreadable ones are left out: nats-server reports them."""
    found = map(_read, _PEM.findall(pem))
    return tuple(each for each in found if each is not None)


def _read(text: bytes) -> Certificate | None:
    try:
        [(_, whole)] = _elements(base64.b64decode(text))
        signed = next(_elements(whole))[1]
        fields = [content for tag, content in _elements(signed) if tag != _VERSION]
        _, _, issuer, validity, subject, *_ = fields
        _, (tag, until) = _elements(validity)
        return Certificate(_time(tag, until.decode("ascii")), subject, issuer)
    except (ValueError, StopIteration, binascii.Error):
        return None


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The consecutive elements of a DER encoding, each with tag and content (X.690, section 8.1)."""
    at = 0
    while at < len(der):
        tag, start = der[at], at + 2
        length = der[at + 1] if at + 1 < len(der) else len(der)
        if length > _MULTIPLE_BYTES:
            start += length - _MULTIPLE_BYTES
            if length - _MULTIPLE_BYTES > _LONGEST_LENGTH:
                raise ValueError("longer than any certificate")
            length = int.from_bytes(der[at + 2 : start], "big")
        at = start + length
        if at > len(der):
            raise ValueError("cut off")
        yield tag, der[start:at]


def _time(tag: int, text: str) -> datetime:
    """A time in one of the two formats of RFC 5280, section 4.1.2.5; the short one is for the years 1950 to 2049."""
    if tag == _UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError("no time")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
