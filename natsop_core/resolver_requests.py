"""Requests to full resolvers, and their answers: push the JWT of an account, look up whether an account still exists.

The list of all accounts ($SYS.REQ.CLAIMS.LIST) is not used: it misses accounts that were added by a reload (nats-server
2.10 to 2.15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from natsop_core.actions import Credentials, Request
from natsop_core.frozen import frozen
from natsop_core.requests import NoRequest, request_to
from natsop_core.resolver_record import read_resolver_record
from natsop_core.resolvers import Resolvers, accounts_to_push, ask_resolvers
from natsop_core.server_errors import error_message, sanitized
from natsop_core.servers import read_answer

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.resolve.types import Cluster, ResolverAccounts
    from natsop_core.servers import Server

UPDATE: Final = "$SYS.REQ.CLAIMS.UPDATE"
LOOKUP: Final = "$SYS.REQ.ACCOUNT.{}.CLAIMS.LOOKUP"

Pods = Sequence[Mapping[str, Any]]


@frozen
class _Wanted:
    """A request to send. name: see `RequestKey`."""

    name: str
    subject: str
    payload: bytes = field(default=b"", repr=False)


def plan_resolver_requests(
    cr: NatsCluster, cluster: Cluster | None, pods: Pods, servers: Sequence[Server], lookup: Lookup
) -> tuple[Resolvers | None, tuple[Request, ...]]:
    """The state of the full resolvers, and the requests to them; None and no requests for a cluster without them.

    Without credentials there are no requests, but the state still lists the required ones.
    """
    auth = cluster.auth if cluster else None
    if cluster is None or auth is None or auth.accounts is None:
        return None, ()
    accounts, record = auth.accounts, read_resolver_record(cr.status)
    seen = ask_resolvers(pods, servers, accounts, record, lookup)
    to_push = accounts_to_push(seen, accounts, record)
    pushes = {key: _push(accounts, key) for key in to_push}
    lookups = {key: _lookup(key) for key in accounts.removed}
    requests, unable = _requests(cluster, pods, auth.system_creds, (*pushes.values(), *lookups.values()))
    keys = {each.key.name: each.key for each in requests}
    resolvers = Resolvers(
        accounts,
        record,
        seen,
        {key: keys.get(each.name) for key, each in pushes.items()},
        {key: keys.get(each.name) for key, each in lookups.items()},
        unable,
    )
    return resolvers, requests


def error_in(body: bytes) -> str:
    """The error that a server returned for a request; empty if it succeeded."""
    if words := error_message(body):
        return sanitized(words)
    return "" if "data" in read_answer(body) else "the answer cannot be read"


def has_none(body: bytes) -> bool:
    """Whether the answer to a lookup says that the account does not exist: it is empty then."""
    return not body


def _push(accounts: ResolverAccounts, key: str) -> _Wanted:
    name = f"push the claims of account {accounts.names.get(key, key)}"
    return _Wanted(name, UPDATE, accounts.tokens[key].encode())


def _lookup(key: str) -> _Wanted:
    return _Wanted(f"look up the removed account {key}", LOOKUP.format(key))


def _requests(cluster: Cluster, pods: Pods, creds: str, wanted: Sequence[_Wanted]) -> tuple[tuple[Request, ...], str]:
    """The requests, or why they cannot be sent."""
    if not creds:
        return (), "The system account has no readable userCreds in spec.auth.jwt.accounts; set them."
    made = [
        request_to(cluster, pods, Credentials(creds=creds), name=each.name, subject=each.subject, payload=each.payload)
        for each in wanted
    ]
    because = next((each.because for each in made if isinstance(each, NoRequest)), "")
    return tuple(each for each in made if isinstance(each, Request)), because
