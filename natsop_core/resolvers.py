"""The full resolvers of a cluster's servers: which have the current account JWTs, and which JWTs must be pushed.

A reload writes newer JWTs into the directory of a full resolver, but a loaded account keeps its old claims until new
ones are pushed (nats-server reload.go). An account that was not used yet is not loaded: it is read from the directory
on first use, so a reload is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from natsop_core.conf.jwt import verified_claims
from natsop_core.frozen import frozen
from natsop_core.resolver_record import token_digest
from natsop_core.servers import monitor_reference, read_answer

if TYPE_CHECKING:
    from natsop_core.actions import RequestKey
    from natsop_core.inputs import HttpAnswer
    from natsop_core.lookup import Lookup
    from natsop_core.resolve.types import ResolverAccounts
    from natsop_core.resolver_record import ResolverRecord
    from natsop_core.servers import Server

ACCOUNTZ: Final = "/accountz"

_NOT_LOADED: Final = frozenset((400, 404))
"""nats-server answers 400 with the text "Account … does not exist" (2.10 to 2.15)."""

Claims: TypeAlias = Literal["current", "behind", "not loaded", "unknown"]


@frozen
class Resolver:
    """The state of the unconfirmed accounts in one server, by public key."""

    server: Server
    claims: Mapping[str, Claims]

    def keys(self, *claims: Claims) -> tuple[str, ...]:
        """The accounts with one of these states."""
        return tuple(key for key, each in self.claims.items() if each in claims)


@frozen
class Resolvers:
    """The state of all full resolvers, and the requests to them.

    record: the confirmed state. pushes: the request for each account to push, by public key; None if it cannot be sent.
    lookups: likewise for the removed accounts to look up.
    unable: why the operator cannot send requests, as a sentence; empty if it can.
    """

    accounts: ResolverAccounts
    record: ResolverRecord
    seen: tuple[Resolver, ...]
    pushes: Mapping[str, RequestKey | None]
    lookups: Mapping[str, RequestKey | None]
    unable: str


def ask_resolvers(
    pods: Sequence[Mapping[str, Any]],
    servers: Sequence[Server],
    accounts: ResolverAccounts,
    record: ResolverRecord,
    lookup: Lookup,
) -> tuple[Resolver, ...]:
    """The state of each server that answers. Only accounts that it has not confirmed since its start are queried.

    pods: the pods of the servers, in the same order.
    """
    return tuple(
        Resolver(server, {key: _ask(pod, key, token, lookup) for key, token in _unconfirmed(server, accounts, record)})
        for pod, server in zip(pods, servers, strict=True)
        if server.start
    )


def accounts_to_push(
    resolvers: Sequence[Resolver], accounts: ResolverAccounts, record: ResolverRecord
) -> tuple[str, ...]:
    """The public keys of the accounts whose JWTs must be pushed."""
    return tuple(key for key in accounts.tokens if any(_needs_push(each, key, accounts, record) for each in resolvers))


def is_changed(key: str, accounts: ResolverAccounts, record: ResolverRecord) -> bool:
    """Whether the JWT of the account differs from the last confirmed one."""
    return record.accounts.get(key) not in {None, token_digest(accounts.tokens[key])}


def _unconfirmed(server: Server, accounts: ResolverAccounts, record: ResolverRecord) -> Iterator[tuple[str, str]]:
    confirmed = record.accounts if record.servers.get(server.pod) == server.start else {}
    for key, token in accounts.tokens.items():
        if confirmed.get(key) != token_digest(token):
            yield key, token


def _ask(pod: Mapping[str, Any], key: str, token: str, lookup: Lookup) -> Claims:
    reference = monitor_reference(pod, f"{ACCOUNTZ}?acc={key}")
    answer = lookup.answer(reference) if reference else None
    return _claims(answer, token) if answer else "unknown"


def _claims(answer: HttpAnswer, token: str) -> Claims:
    if answer.status in _NOT_LOADED:
        return "not loaded"
    detail = read_answer(answer.body).get("account_detail")
    if answer.status != 200 or not isinstance(detail, Mapping):
        return "unknown"
    loaded, decoded = detail.get("jwt"), detail.get("decoded_jwt")
    if not loaded or not isinstance(decoded, Mapping):
        return "not loaded"  # known from other servers, but not used on this one
    if loaded == token:
        return "current"
    issued_at = decoded.get("iat")
    is_newer = isinstance(issued_at, int) and issued_at > verified_claims(token).issued_at
    return "current" if is_newer else "behind"


def _needs_push(resolver: Resolver, key: str, accounts: ResolverAccounts, record: ResolverRecord) -> bool:
    """Whether to push the account. A server that does not report its digest may load an account before it reloads."""
    claims, server = resolver.claims.get(key), resolver.server
    if claims == "not loaded" and not server.config_digest:
        return is_changed(key, accounts, record)
    return claims == "behind" and _trusts(server, accounts.tokens[key])


def _trusts(server: Server, token: str) -> bool:
    """Whether the server trusts the issuer. If not, it is about to restart, and reads its accounts then."""
    return not server.trusted_keys or verified_claims(token).issuer in server.trusted_keys
