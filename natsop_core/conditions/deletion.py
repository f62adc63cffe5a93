"""DeletionBlocked: the NACK objects that delay the deletion of a NatsCluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.conditions.condition import Condition, lasted
from natsop_core.findings import Finding
from natsop_core.kinds import USING_ACCOUNTS
from natsop_core.texts import sentence, some_of

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.reasons import ConditionType
    from natsop_core.resolve.deletion import Deletion

TYPE: Final[ConditionType] = "DeletionBlocked"

SOONEST: Final = 5.0
LATEST: Final = 60.0
"""Seconds until the users of the Accounts are listed again. They are polled, because Streams are not watched."""

_ALL: Final = ",".join(kind.plural for kind in USING_ACCOUNTS)


def deletion_blocked(deletion: Deletion, *, has_servers: bool) -> Condition | None:
    """True while Accounts exist or cannot be listed; None otherwise."""
    if deletion.is_free:
        return None
    return Condition(TYPE, "True", _finding(deletion, has_servers=has_servers))


def account_user_poll_delay(previous: Mapping[str, Any], now: datetime) -> float:
    """Seconds until the next listing: a tenth of the time for which the deletion has been blocked."""
    return min(LATEST, max(SOONEST, lasted(TYPE, "True", previous, now) / 10))


def _finding(deletion: Deletion, *, has_servers: bool) -> Finding:
    if deletion.lack is not None:
        return Finding(
            "Forbidden",
            f"The operator cannot list the NACK Accounts, so it does not know whether any exist:"
            f" {sentence(deletion.lack.message)}",
        )
    users = tuple(user for account in deletion.accounts for user in deletion.users_of(account))
    if not users:
        return Finding("AccountsNotReleased", _not_released(deletion))
    in_use = [each.key.name for each in deletion.accounts if deletion.users_of(each)]
    what = f"NACK Account {some_of(in_use)} is used by {some_of(users, most=10)}."
    if has_servers:
        return Finding("AccountsInUse", f"{what} Delete these objects; the servers keep running until then.")
    return Finding(
        "ServersDeleted",
        f"{what} The servers are already deleted, so NACK cannot delete the streams on them. Set spec.preventDelete to"
        " true in each of these objects, then delete them.",
    )


def _not_released(deletion: Deletion) -> str:
    waiting = f"NACK has not released Account {some_of([each.key.name for each in deletion.accounts])} yet."
    if not deletion.unlisted:
        return f"{waiting} Nothing uses it; if this does not change, check that NACK is running."
    namespace = deletion.accounts[0].key.namespace
    return (
        f"{waiting} The operator is not allowed to list {', '.join(deletion.unlisted)}. To see what uses the Account,"
        " run"
        f" `kubectl get {_ALL} --namespace {namespace} --output custom-columns="
        "KIND:.kind,NAME:.metadata.name,ACCOUNT:.spec.account`."
    )
