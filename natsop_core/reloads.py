"""Requests to servers to reload their configuration: a server that rejects it answers with the error.

They are sent once the files must have reached the pods, and only if the operator has a user of the system account.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from natsop_core.actions import Credentials, Request, RequestKey
from natsop_core.conditions.certificates import outdated, remembered
from natsop_core.conditions.condition import lasted
from natsop_core.conditions.loaded import RELOAD_PATIENCE, TYPE, behind, expected_digests
from natsop_core.outcomes import Answered
from natsop_core.requests import request_to
from natsop_core.server_errors import error_message, sanitized
from natsop_core.servers import servers_by_ordinal

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.outcomes import Outcomes
    from natsop_core.resolve.cluster import ResolvedCluster
    from natsop_core.resolve.types import Cluster
    from natsop_core.servers import Server

_VALUES: Final = re.compile(r": old=.*", re.DOTALL)
"""nats-server names an option that it cannot reload with both values (reload.go); either may be a password."""

_QUOTED: Final = re.compile(r"""'.*'|".*"|`.*`|(?<=//)[^@\s]*(?=@)""", re.DOTALL)
"""From the first quotation mark to the last: the quoted text may contain others."""


def plan_reloads(
    cr: NatsCluster,
    resolved: ResolvedCluster,
    pods: Sequence[Mapping[str, Any]],
    servers: Sequence[Server],
    now: datetime,
) -> tuple[Request, ...]:
    """One request to each server that is behind."""
    cluster = resolved.cluster
    if cluster is None or lasted(TYPE, "False", cr.status, now) < RELOAD_PATIENCE:
        return ()
    credentials = _credentials(cluster)
    if credentials is None:
        return ()
    requests = (
        request_to(cluster, pods, credentials, name=_name(each.pod), subject=f"$SYS.REQ.SERVER.{each.server_id}.RELOAD")
        for each in _behind(cr, resolved, servers, now)
        if each.server_id
    )
    return tuple(each for each in requests if isinstance(each, Request))


def reload_errors(cluster: Cluster, servers: Sequence[Server], outcomes: Outcomes) -> dict[str, str]:
    """The errors of servers that rejected a reload, by pod."""
    keys = {each.pod: RequestKey(cluster.namespace, cluster.name, _name(each.pod)) for each in servers}
    answers = {pod: outcomes.get(key) for pod, key in keys.items()}
    errors = {pod: _error_in(answer.body) for pod, answer in answers.items() if isinstance(answer, Answered)}
    return {pod: error for pod, error in errors.items() if error}


def _behind(cr: NatsCluster, resolved: ResolvedCluster, servers: Sequence[Server], now: datetime) -> Iterator[Server]:
    cluster, config, served = resolved.cluster, resolved.config, resolved.certificates
    if cluster is None or config is None:
        return
    there = servers_by_ordinal(cr.metadata, cluster.replicas, servers)
    others: frozenset[str] = frozenset()
    if served:
        current = remembered(served, cr.status, now)
        others = outdated(there, current, served, now, are_ours=not config.user_files)
    yield from behind(there, expected_digests(cluster, config, there), others)


def _credentials(cluster: Cluster) -> Credentials | None:
    if cluster.auth and cluster.auth.system_creds:
        return Credentials(creds=cluster.auth.system_creds)
    if cluster.system_user and cluster.system_user.is_ours:
        return Credentials(nkey_seed=cluster.system_user.seed)
    return None


def _name(pod: str) -> str:
    return f"reload the server of {pod}"


def _error_in(body: bytes) -> str:
    """The error without quoted text, which may be secret; empty if the server has reloaded."""
    shown = _QUOTED.sub("(…)", _VALUES.sub("", error_message(body)))
    return sanitized(" ".join(shown.split()).rstrip("."))
