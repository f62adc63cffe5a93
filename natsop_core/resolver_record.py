"""What the status remembers of the accounts in the servers' full resolvers, so that nobody has to ask for it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_DIGEST_LENGTH: Final = 12  # hex digits: 48 bits tell the JWTs of one account apart


@dataclass(frozen=True, slots=True)
class ResolverRecord:
    """What was confirmed last.

    servers: by name, the start time of each server that has confirmed `accounts` since then. accounts: digests of their
    JWTs, by public key. gone: public keys of removed accounts that the servers no longer know.
    """

    accounts: Mapping[str, str] = field(default_factory=dict)
    servers: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, Any] | None:
        """What is remembered, as it stands in the status; None for nothing."""
        values = {"accounts": dict(self.accounts), "servers": dict(self.servers), "gone": list(self.gone)}
        return {name: value for name, value in values.items() if value} or None


def read_resolver_record(status: Mapping[str, Any]) -> ResolverRecord:
    """What the status of a NatsCluster says of it."""
    said = status.get("resolver") or {}
    return ResolverRecord(said.get("accounts") or {}, said.get("servers") or {}, tuple(said.get("gone") or ()))


def token_digest(token: str) -> str:
    """A short digest of a JWT: it is signed, so nobody can guess it."""
    return hashlib.sha256(token.encode()).hexdigest()[:_DIGEST_LENGTH]
