"""Watches every write of an operator for what none of them may ever do, whatever goes wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import Request, Target
    from tests.simulation.api_server.storage import Change, Storage


class Witness:
    """Collects misdeeds, each as a sentence."""

    def __init__(self, storage: Storage) -> None:
        self.misdeeds: list[str] = []
        self._custom_resources: set[str] = set()  # the UIDs of all that ever were
        storage.listen(self._hear)

    def see(self, request: Request, target: Target, before: Stored | None) -> None:
        """A write that succeeded, and what the object was like before."""
        resource = target.kind.resource
        if resource in CUSTOM:
            if target.subresource != "status":
                self._report(request, "it is people who write custom resources")
        elif resource not in (EVENTS, LEASES) and before is not None:
            if before.controller_uid not in self._custom_resources:
                self._report(request, "the object is somebody else's")

    def _hear(self, change: Change) -> None:
        if change.kind.resource in CUSTOM and change.before is None:
            self._custom_resources.add(change.now.uid)

    def _report(self, request: Request, why: str) -> None:
        self.misdeeds.append(f"{request.method} {request.path}: {why}")
