"""Accounts that were removed from the spec but that a full resolver keeps. The managed Secret records them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.conf.nkeys import is_public_key
from natsop_core.names import REMOVED_ACCOUNTS_ANNOTATION
from natsop_core.resolver_record import read_resolver_record

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from natsop_core.api.natscluster import NatsCluster


def removed_accounts(cr: NatsCluster, live: Mapping[str, Any], had: Collection[str]) -> tuple[str, ...]:
    """The public keys of the removed accounts. live: the managed Secret. had: the accounts in it."""
    noted = (live["metadata"].get("annotations") or {}).get(REMOVED_ACCOUNTS_ANNOTATION, "")
    wanted = {account.public_key for account in cr.spec.auth.jwt.accounts} if cr.spec.auth.jwt else set()
    known = {*(key for key in noted.split(",") if is_public_key(key, "account")), *had}
    return tuple(sorted(known - wanted - {*read_resolver_record(cr.status).gone}))
