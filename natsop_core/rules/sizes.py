"""Rules about the sizes of stores and volumes: whole bytes, within the range of the API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.quantity import MAX_LENGTH, TOO_LARGE, to_bytes
from natsop_core.kubernetes.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_STORAGE: Final = "self.requests['storage']"
_MESSAGE: Final = "must be a whole number of bytes, at least 0 and less than 8Ei"


def _is_size(quantity: int | str) -> bool:
    try:
        to_bytes(quantity)
    except ValueError:
        return False
    return True


def _storage_is_size(resources: Mapping[str, Any]) -> bool:
    storage = resources.get("requests", {}).get("storage")
    return storage is None or _is_size(storage)


def _cel(value: str) -> str:
    """CEL for `_is_size`. CEL has no variables; a list of one element with `all` replaces one.

    `isInteger()` is false for 1.5Gi, which apimachinery stores as a decimal. So the whole number nearest to the
    quantity is found with floating point and subtracted exactly, in two halves, because the float may round up to 2^63.
    Exponents of three digits are rejected first: apimachinery would compute that power of ten.
    """
    whole = (
        "[int(q.asApproximateFloat() / 2.0)].all(half, [q.sub(half).sub(half)].all(rest, "
        "sign(rest.sub(int(rest.asApproximateFloat() + (sign(rest) < 0 ? -0.5 : 0.5)))) == 0))"
    )
    return (
        f"type({value}) == int ? {value} >= 0 && {value} < {TOO_LARGE} : "
        f"size({value}) <= {MAX_LENGTH} && !{value}.matches('[eE][+-]?[0-9]{{3}}') && isQuantity({value}) && "
        f"[quantity({value})].all(q, sign(q) >= 0 && q.compareTo(quantity('{TOO_LARGE}')) < 0 && {whole})"
    )


def size_rule(name: str, at: str) -> Rule:
    """A rule about a size itself."""
    return Rule(name=name, at=at, cel=_cel("self"), message=_MESSAGE, holds=_is_size, integers=("",))


def volume_size_rule(name: str, at: str) -> Rule:
    """A rule about the size that the resources of a volume request."""
    return Rule(
        name=name,
        at=at,
        cel=f"!has(self.requests) || !('storage' in self.requests) || ({_cel(_STORAGE)})",
        message=f"requests.storage {_MESSAGE}",
        holds=_storage_is_size,
        integers=("requests.storage",),
    )
