"""The deletion of a NatsCluster: its NACK Accounts are deleted before its servers, each once nothing uses it.

With `--control-loop`, NACK keeps an Account that is in use, and checks it again after increasing pauses of up to 17
minutes; without, NACK does not know that an Account is in use. So the operator itself waits for the last user.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from natsop_core.frozen import frozen
from natsop_core.inputs import Forbidden
from natsop_core.kinds import NACK_ACCOUNTS, USING_ACCOUNTS
from natsop_core.references import ListRef
from natsop_core.resolve.accounts_guard import has_finalizer
from natsop_core.resolve.children import children_of

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata
    from natsop_core.live import Child
    from natsop_core.lookup import Lookup


@frozen
class Deletion:
    """The objects that the deletion of a NatsCluster waits for.

    accounts: its remaining Accounts. users: the objects that use them, such as `Stream orders`, by name of the Account.
    unlisted: kinds whose objects may use them but that the operator may not list. lack: why Accounts cannot be listed.
    """

    accounts: tuple[Child, ...] = ()
    users: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unlisted: tuple[str, ...] = ()
    lack: Forbidden | None = None

    @property
    def is_free(self) -> bool:
        """Whether there are no Accounts left."""
        return not self.accounts and self.lack is None

    @property
    def unused(self) -> tuple[Child, ...]:
        """The Accounts that may be deleted."""
        return tuple(each for each in self.accounts if not self.users_of(each))

    def users_of(self, account: Child) -> tuple[str, ...]:
        """The objects that use the Account, as far as they may be listed."""
        return self.users.get(account.key.name, ())


def resolve_deletion(metadata: Metadata, lookup: Lookup) -> Deletion | None:
    """The state of the deletion; None without the finalizer, which cannot be added to a deleted resource."""
    if not has_finalizer(metadata):
        return None
    served = lookup.serves(NACK_ACCOUNTS.reference)
    if isinstance(served, Forbidden):
        return Deletion(lack=served)
    children = lookup.children(children_of(metadata))
    accounts = tuple(each for each in children if each.key.kind == NACK_ACCOUNTS.kind)
    if not accounts:
        return Deletion()
    users: defaultdict[str, list[str]] = defaultdict(list)
    unlisted: list[str] = []
    for kind in USING_ACCOUNTS:
        found = lookup.listed(ListRef(kind.api_version, kind.kind, metadata.namespace))
        if isinstance(found, Forbidden):
            unlisted.append(kind.plural)
            continue
        for each in found:
            users[_account_of(each)].append(f"{kind.kind} {each['metadata']['name']}")
    return Deletion(accounts, {account: tuple(each) for account, each in users.items()}, tuple(unlisted))


def _account_of(user: Mapping[str, Any]) -> str:
    """The Account that a Stream or another object refers to; empty if it names servers instead."""
    spec = user.get("spec")
    account = spec.get("account") if isinstance(spec, Mapping) else None
    return account if isinstance(account, str) else ""
