"""Do the servers work together? By what each says of its routes and of the leader of the JetStream meta group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName
    from natsop_core.servers import Server


def leaderless(servers: Sequence[Server], hosts: str) -> Finding | None:
    """Why JetStream's API cannot work: no server that tells knows a leader. None where one does, or none tells.

    hosts: the names by which the servers call each other, for messages.
    """
    telling = [each for each in servers if each.knows_leader is not None]
    if not telling or any(each.knows_leader for each in telling):
        return None
    if apart := disconnected(servers, hosts):
        return apart
    return _finding(
        "MetaLeaderUnknown", "No server that answers knows a leader of the JetStream meta group", telling[0].pod
    )


def disconnected(servers: Sequence[Server], hosts: str) -> Finding | None:
    """Which servers have no route at all though there should be others; None where all have, or none tells."""
    alone = [each.pod for each in servers if each.routes == 0]
    if len(servers) == 1 or not alone:
        return None
    problem = (
        f"{some_of(alone)}: no route to any other server. A route certificate has to name {hosts}; a NetworkPolicy has"
        " to let the servers reach each other's cluster port"
    )
    return _finding("RoutesIncomplete", problem, alone[0])


def _finding(reason: ReasonName, problem: str, pod: str) -> Finding:
    return Finding(reason, f"{problem}. The log says more: kubectl logs {pod} -c nats.")
