"""What goes wrong with requests: which ones is generated, how it goes wrong is here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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

WRITES_ONLY: Final = frozenset(("conflict",))
FROM_VERSION_ONLY: Final = frozenset(("gone",))


@dataclass(frozen=True, slots=True)
class Fault:
    """After so many requests that go well, the next one that it can happen to has this fault."""

    after: int
    kind: FaultKind


class Faults:
    """Faults in their order, each waiting for its turn and for a request that it can happen to."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._coming = list(faults)
        self._passed = 0

    def next(self, *, is_write: bool, goes_on: bool) -> FaultKind | None:
        """The fault of the next request, if any."""
        if not self._coming:
            return None
        fault = self._coming[0]
        fits = (is_write or fault.kind not in WRITES_ONLY) and (goes_on or fault.kind not in FROM_VERSION_ONLY)
        if self._passed < fault.after or not fits:
            self._passed += 1
            return None
        self._passed = 0
        del self._coming[0]
        return fault.kind

    def stop(self) -> None:
        """Nothing goes wrong from now on."""
        self._coming.clear()
