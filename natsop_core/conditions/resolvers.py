"""Whether the full resolvers of the servers have the accounts of the spec, by the answers of the servers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding
from natsop_core.outcomes import Answered
from natsop_core.resolver_record import ResolverRecord, token_digest
from natsop_core.resolver_requests import error_in, has_none
from natsop_core.resolvers import Resolver, Resolvers, is_changed
from natsop_core.texts import sentence, some_of

if TYPE_CHECKING:
    from natsop_core.actions import RequestKey
    from natsop_core.outcomes import Outcomes
    from natsop_core.servers import Server


def not_pushed(resolvers: Resolvers, cluster: str) -> list[Finding]:
    """The accounts whose new JWT the operator should push to the servers but cannot."""
    lacking = [key for key, request in resolvers.pushes.items() if request is None]
    if not lacking:
        return []
    behind = [each.server.pod for each in resolvers.seen if any(key in lacking for key in each.keys("behind"))]
    return [
        Finding(
            "ClaimsNotPushed",
            f"{_accounts(lacking, resolvers)}: {some_of(behind) or 'the servers'} may still use an earlier JWT, because"
            f" a full resolver loads a changed JWT only when it is pushed. {resolvers.unable} Or restart the"
            f" servers: kubectl rollout restart statefulset {cluster}.",
        )
    ]


def refused_pushes(resolvers: Resolvers, outcomes: Outcomes) -> Iterator[Finding]:
    """The errors that the servers returned for a push."""
    for key, request in resolvers.pushes.items():
        outcome = outcomes.get(request) if request else None
        if isinstance(outcome, Answered) and (error := error_in(outcome.body)):
            yield Finding(
                "PushRefused", f"The servers reject the new JWT of {_accounts([key], resolvers)}: {sentence(error)}"
            )


def claims_pending(resolvers: Resolvers, current: Collection[str], outcomes: Outcomes) -> Finding | None:
    """The servers that have not confirmed the current JWTs of the accounts. current: see `confirmed`."""
    waiting = {each.server.pod: _missing(each, resolvers, current, outcomes) for each in resolvers.seen}
    pods = [pod for pod, keys in waiting.items() if keys]
    if not pods:
        return None
    keys = tuple(dict.fromkeys(key for keys in waiting.values() for key in keys))
    return Finding(
        "ClaimsPending",
        f"{some_of(pods)} {'has' if len(pods) == 1 else 'have'} not loaded the new JWT of"
        f" {_accounts(keys, resolvers)} yet.",
    )


def accounts_not_removed(resolvers: Resolvers, outcomes: Outcomes) -> list[Condition]:
    """The accounts that were removed from the spec but that the servers still have; no condition if there are none."""
    kept = [key for key in resolvers.accounts.removed if key not in _gone(resolvers, outcomes)]
    if not kept:
        return []
    way = (
        "" if resolvers.accounts.allow_delete else "set spec.auth.jwt.resolver.allowDelete (the servers restart), then "
    )
    unseen = f" The operator cannot see whether they are gone. {resolvers.unable}" if resolvers.unable else ""
    message = (
        f"These accounts were removed from the spec, but the servers keep them, so their users can still connect:"
        f" {some_of(kept)}. Only the key of the NATS operator can delete them: {way}delete them with nsc and run"
        f" `nsc push --prune`.{unseen}"
    )
    return [Condition("AccountsNotRemoved", "True", Finding("KeptByResolver", message))]


def confirmed(
    resolvers: Resolvers, servers: Sequence[Server], current: Collection[str], outcomes: Outcomes
) -> ResolverRecord:
    """The record of what the servers have confirmed, for the status. servers: all servers of the cluster.

    current: the pods that run the current configuration, or for which this cannot be known. They read an account that
    they have not loaded yet from a directory that is up to date.
    """
    record, tokens = resolvers.record, resolvers.accounts.tokens
    accounts = {key: token_digest(token) for key, token in tokens.items()}
    complete = {
        each.server.pod: each.server.start
        for each in resolvers.seen
        if not _missing(each, resolvers, current, outcomes)
    }
    asked = {each.server.pod for each in resolvers.seen}
    silent = {each.pod for each in servers} - asked
    earlier = {pod: start for pod, start in record.servers.items() if pod in silent}
    gone = tuple(key for key in resolvers.accounts.removed if key in _gone(resolvers, outcomes))
    if accounts == record.accounts:
        return ResolverRecord(accounts, dict(sorted({**earlier, **complete}.items())), gone)
    if not complete:
        return ResolverRecord(record.accounts, record.servers, gone)
    return ResolverRecord(accounts, dict(sorted(complete.items())), gone)


def _missing(resolver: Resolver, resolvers: Resolvers, current: Collection[str], outcomes: Outcomes) -> tuple[str, ...]:
    """The accounts whose current JWT the server has not confirmed."""
    return tuple(
        key
        for key, claims in resolver.claims.items()
        if claims in ("behind", "unknown")
        or (claims == "not loaded" and not _reads_current(key, resolver.server, resolvers, current, outcomes))
    )


def _reads_current(
    key: str, server: Server, resolvers: Resolvers, current: Collection[str], outcomes: Outcomes
) -> bool:
    """Whether the server reads the current JWT from its directory when the account is first used."""
    if server.config_digest:
        return server.pod in current
    return not is_changed(key, resolvers.accounts, resolvers.record) or _is_pushed(key, resolvers.pushes, outcomes)


def _is_pushed(key: str, pushes: Mapping[str, RequestKey | None], outcomes: Outcomes) -> bool:
    request = pushes.get(key)
    outcome = outcomes.get(request) if request else None
    return isinstance(outcome, Answered) and not error_in(outcome.body)


def _gone(resolvers: Resolvers, outcomes: Outcomes) -> frozenset[str]:
    """The removed accounts that the servers no longer have, by the answer of one server."""
    answers = {key: outcomes.get(request) for key, request in resolvers.lookups.items() if request}
    return frozenset(key for key, each in answers.items() if isinstance(each, Answered) and has_none(each.body))


def _accounts(keys: Sequence[str], resolvers: Resolvers) -> str:
    names = [resolvers.accounts.names.get(key, key) for key in keys]
    return f"account{'s' if len(names) > 1 else ''} {some_of(names)}"
