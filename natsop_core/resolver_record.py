"""The confirmed accounts in the full resolvers, stored in the status so that the servers need not be queried again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from natsop_core.frozen import frozen

_DIGEST_LENGTH: Final = 12  # hex digits: 48 bits tell the JWTs of one account apart


@frozen
class ResolverRecord:
    """The last confirmed state.

    accounts: digests of the JWTs of accounts, by public key. servers: start times of the servers that have confirmed
    them, by name. gone: public keys of removed accounts that the servers no longer have.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any] | None:
        """The record in the form of the status; None if it is empty."""
        values = {"accounts": dict(self.accounts), "servers": dict(self.servers), "gone": list(self.gone)}
        return {name: value for name, value in values.items() if value} or None


def read_resolver_record(status: Mapping[str, Any]) -> ResolverRecord:
    """The record in the status of a NatsCluster."""
    stored = status.get("resolver") or {}
    return ResolverRecord(stored.get("accounts") or {}, stored.get("servers") or {}, tuple(stored.get("gone") or ()))


def token_digest(token: str) -> str:
    """A short digest of a JWT, which needs no salt: a JWT is signed, so it cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()[:_DIGEST_LENGTH]
