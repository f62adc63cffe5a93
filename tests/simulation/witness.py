"""Watches every write of an operator for what none of them may ever do, whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import Request, Target
    from tests.simulation.api_server.storage import Change, Storage

MOST_REQUESTS: Final = 6000
"""More than this in one scenario, and somebody runs in circles."""


class Witness:
    """Collects misdeeds, each as a sentence."""

    def __init__(self, storage: Storage, clock: Callable[[], float], *, most_requests: float = MOST_REQUESTS) -> None:
        self.misdeeds: list[str] = []
        self._clock = clock
        self._most_requests = most_requests
        self._requests = 0
        self._custom_resources: set[str] = set()  # the UIDs of all that ever were
        self._holder = ""  # of the lease
        self._held_since = 0.0
        self._identities: dict[str, str] = {}  # of the operators that ever held it
        storage.listen(self._hear)

    def allows_more(self) -> bool:
        """Whether there may be another request."""
        self._requests += 1
        if self._requests == self._most_requests:
            self.misdeeds.append(f"there were {self._requests} requests: that will never end")
        return self._requests < self._most_requests

    def see(self, request: Request, target: Target, before: Stored | None, *, sent_at: float) -> None:
        """A write that succeeded, what the object was like before, and when the request left its sender."""
        resource = target.kind.resource
        if resource == LEASES:
            self._identities[json.loads(request.body)["spec"].get("holderIdentity") or ""] = request.user
            return
        if self._holder and self._identities.get(self._holder) != request.user and sent_at >= self._held_since:
            self._report(request, f"{request.user} wrote while {self._identities.get(self._holder)} led")
        if resource in CUSTOM:
            if target.subresource != "status":
                self._report(request, "it is people who write custom resources")
        elif resource != EVENTS and before is not None and before.controller_uid not in self._custom_resources:
            self._report(request, "the object is somebody else's")

    def _hear(self, change: Change) -> None:
        if change.kind.resource in CUSTOM and change.before is None:
            self._custom_resources.add(change.now.uid)
        if change.kind.resource == LEASES:
            holder = change.now.content["spec"].get("holderIdentity") or ""
            if holder != self._holder:
                self._holder, self._held_since = holder, self._clock()

    def _report(self, request: Request, why: str) -> None:
        self.misdeeds.append(f"{request.method} {request.path}: {why}")
