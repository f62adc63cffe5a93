"""What goes wrong with requests: which ones is generated, how it goes wrong is here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from tests.simulation.api_server.errors import Refusal, gone

FaultKind: TypeAlias = Literal[
    "conflict",  # 409 where no write got through
    "gone",  # 410 to what goes on from a version
    "too many requests",  # 429 with Retry-After
    "internal error",  # 500
    "unavailable",  # 503
    "unauthorized",  # 401
    "no connection",
    "timeout before",  # the request never took effect
    "timeout after",  # it did, and nobody tells
    "reset after",  # likewise, and at once: the client sends it again
    "crash before",  # the operator ends right before the request is sent
    "crash after",  # or right after it took effect
    "slow",  # everything else overtakes it
]

REFUSALS: Final[dict[str, Refusal]] = {
    "conflict": Refusal(409, "Conflict", "the object has been modified (a fault)"),
    "gone": gone("too old resource version (a fault)"),
    "too many requests": Refusal(429, "TooManyRequests", "slow down (a fault)", retry_after=7),
    "internal error": Refusal(500, "InternalError", "etcd has no leader (a fault)"),
    "unavailable": Refusal(503, "ServiceUnavailable", "starting (a fault)"),
    "unauthorized": Refusal(401, "Unauthorized", "Unauthorized (a fault)"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """After so many requests that it could happen to, it happens to the next one. `to` narrows down which these are."""

    after: int
    kind: FaultKind
    to: Literal["any", "write", "get", "version"] = "any"


class Faults:
    """Faults that wait for their requests."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let this happen soon."""
        self._coming.append(fault)

    def next(self, *, method: str, goes_on: bool) -> FaultKind | None:
        """The fault of the next request, if any. goes_on: it is a watch, or a list's next page, from a version."""
        for index, fault in enumerate(self._coming):
            if not _concerns(fault, method, goes_on=goes_on):
                continue
            if fault.after == 0:
                del self._coming[index]
                return fault.kind
            self._coming[index] = replace(fault, after=fault.after - 1)
        return None

    def stop(self) -> None:
        """Nothing goes wrong from now on."""
        self._coming.clear()


def _concerns(fault: Fault, method: str, *, goes_on: bool) -> bool:
    if fault.kind == "gone" or fault.to == "version":
        return goes_on
    if fault.kind == "conflict" or fault.to == "write":
        return method != "GET"
    return fault.to == "any" or not goes_on
