"""Why a cluster is not settled."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal, TypeAlias

from natsop_core.frozen import frozen

UnsettledReason: TypeAlias = Literal[
    "ServerSilent",
    "AnswerUnreadable",
    "ServerUnhealthy",
    "ServerOutdated",
    "ServerDisconnected",
    "NoLeader",
    "MembersDiffer",
    "MemberAway",
    "MemberBehind",
    "Moving",
    "SeenOnce",
]
"""See the table of natsop_core.settled."""


@frozen
class Unsettled:
    """A finding. message: a clause without a full stop, so that several fit into one line."""

    reason: UnsettledReason
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
