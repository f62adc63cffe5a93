"""Why a cluster is not settled."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A finding. message: a clause without a full stop, so that several fit into one line."""

    reason: UnsettledReason
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
