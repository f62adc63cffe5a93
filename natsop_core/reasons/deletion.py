"""Reasons why a resource that is being deleted still exists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.names import ReasonName

DELETION: Final[Mapping[ReasonName, Reason]] = {
    "AccountsInUse": Reason(
        ("DeletionBlocked", "Progressing", "Event"),
        "Streams, Consumers, KeyValues or ObjectStores of NACK use an Account of the cluster, so the operator keeps the"
        " Account and the servers.",
        "Delete the objects that the message names; the operator then deletes the rest of the cluster. To keep the data"
        " of a stream, first set spec.preventDelete to true in its Stream.",
    ),
    "AccountsNotReleased": Reason(
        ("DeletionBlocked", "Progressing"),
        "An Account is being deleted, and NACK has not removed its finalizer yet.",
        "Wait a few seconds. If it does not change, check that NACK is running; docs/how-to/nack.md says what to do"
        " after NACK was uninstalled.",
    ),
    "ServersDeleted": Reason(
        ("DeletionBlocked", "Progressing", "Event"),
        "Objects of NACK use an Account of the cluster, but the servers are already deleted, for instance by"
        " `kubectl delete --cascade=foreground`. NACK cannot delete their streams.",
        "Set spec.preventDelete to true in each object that the message names, then delete it.",
    ),
}
