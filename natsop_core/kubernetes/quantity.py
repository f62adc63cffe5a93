"""Converts Kubernetes quantities to whole bytes.

Grammar and rounding are those of apimachinery (`pkg/api/resource/quantity.go`): fixed-point numbers with nine decimal
places, rounded away from zero. Numbers and exponents that are too long for a size are rejected before any arithmetic.
"""

from __future__ import annotations

import re
from typing import Final

MAX_LENGTH: Final = 64
TOO_LARGE: Final = 2**63 - 1
"""Kubernetes converts larger quantities to this one, so it counts as too large itself."""

_FORM: Final = re.compile(r"([+-]?)(\d*)\.?(\d*)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?", re.ASCII)
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_PLACES: Final = 9


def to_bytes(quantity: int | str) -> int:
    """The size in bytes: `to_bytes("1.5Gi") == 1610612736`.

    ValueError, with a message for users, if it is no quantity, negative, not a whole number of bytes, or >= 2^63-1.
    """
    units, remainder = divmod(_billionths(str(quantity)), 10**_PLACES)
    if units < 0:
        raise ValueError("a size cannot be negative")
    if remainder:
        raise ValueError("a size must be a whole number of bytes")
    if units >= TOO_LARGE:
        raise ValueError("a size must be less than 8Ei")
    return units


def rounded_bytes(quantity: int | str) -> int | None:
    """The size rounded up to whole bytes, like Kubernetes rounds memory of containers; None if it is not a size."""
    try:
        size = -(-_billionths(str(quantity)) // 10**_PLACES)
    except ValueError:
        return None
    return size if 0 <= size < TOO_LARGE else None


def _billionths(text: str) -> int:
    form = _FORM.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if form is None or not (form[2] or form[3]):
        raise ValueError("a size must be a number with an optional unit, such as 500Mi, 1.5Gi or 1073741824")
    sign, whole, fraction, unit, exponent = form.groups()
    number = int(whole + fraction) << _BINARY.get(unit, 0)
    places = _PLACES - len(fraction) + _DECIMAL.get(unit, 0) + int(exponent or 0)
    magnitude: int = number * 10**places if places >= 0 else -(-number // 10**-places)
    return -magnitude if sign == "-" else magnitude
