"""Whether the servers form one cluster, by the routes and the JetStream meta leader that each server reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName
    from natsop_core.servers import Server


def leaderless(servers: Sequence[Server], hosts: str) -> Finding | None:
    """Why the JetStream API cannot work: no server reports a leader. None if one does, or if no server answers.

    hosts: the host names that the servers use for each other, for messages.
    """
    telling = [each for each in servers if each.knows_leader is not None]
    if not telling or any(each.knows_leader for each in telling):
        return None
    if apart := disconnected(servers, hosts):
        return apart
    return _finding(
        "MetaLeaderUnknown", "No server that answers knows the leader of the JetStream meta group", telling[0].pod
    )


def disconnected(servers: Sequence[Server], hosts: str) -> Finding | None:
    """The servers that have no route to any other server; None if all have one, or if no server answers."""
    alone = [each.pod for each in servers if each.routes == 0]
    if len(servers) == 1 or not alone:
        return None
    problem = (
        f"{some_of(alone)}: no route to any other server. A route certificate must be valid for {hosts}; a"
        " NetworkPolicy must allow connections between the servers on the cluster port"
    )
    return _finding("RoutesIncomplete", problem, alone[0])


def _finding(reason: ReasonName, problem: str, pod: str) -> Finding:
    return Finding(reason, f"{problem}. The log has details: kubectl logs {pod} -c nats.")
