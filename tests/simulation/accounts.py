"""NACK's Accounts and the finalizer of their NatsClusters: without servers, NACK could not clean up."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from natsop_core.kinds import CLUSTERS, NACK_ACCOUNTS
from natsop_core.names import ACCOUNTS_FINALIZER

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import Request
    from tests.simulation.api_server.storage import Change

NOT_HEARD_YET: Final = 1.0
"""Seconds for which an operator may not know of an Account that one before it has made: it was killed meanwhile."""


class Accounts:
    """Which Accounts there are, and which NatsClusters wait for theirs."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._made_at: dict[str, dict[str, float]] = {}  # of each Account, by the UID of its NatsCluster
        self._waits_until: dict[str, float] = {}  # of NatsClusters that have or had the finalizer, by their UIDs

    def may_be_made(self, request: Request, sent_at: float) -> bool:
        """Whether its NatsCluster carried the finalizer when the request was sent."""
        [owner] = json.loads(request.body)["metadata"]["ownerReferences"]
        return sent_at <= self._waits_until.get(owner["uid"], -math.inf)

    def orphaned_by(self, change: Change) -> Iterator[str]:
        """The Accounts of a NatsCluster that loses its finalizer."""
        if change.kind.resource == NACK_ACCOUNTS:
            self._hear_of_account(change)
        if change.kind.resource != CLUSTERS:
            return
        uid = change.now.uid
        if not change.deleted and _waits(change.now):
            self._waits_until[uid] = math.inf
        elif change.before is not None and _waits(change.before):
            self._waits_until[uid] = self._clock()
            for name, made_at in self._made_at.get(uid, {}).items():
                if self._clock() - made_at > NOT_HEARD_YET:
                    yield name

    def _hear_of_account(self, change: Change) -> None:
        name = f"Account {change.now.metadata['namespace']}/{change.now.metadata['name']}"
        owned = self._made_at.setdefault(change.now.controller_uid, {})
        if change.deleted:
            owned.pop(name, None)
        else:
            owned.setdefault(name, self._clock())


def _waits(cluster: Stored) -> bool:
    return ACCOUNTS_FINALIZER in cluster.metadata.get("finalizers", ())
