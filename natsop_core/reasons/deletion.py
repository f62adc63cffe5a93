"""Reasons why a resource that is being deleted is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.reason import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.reasons.words import ReasonName

DELETION: Final[Mapping[ReasonName, Reason]] = {
    "AccountsInUse": Reason(
        ("DeletionBlocked", "Progressing", "Event"),
        "Streams, Consumers, KeyValues or ObjectStores of NACK use an Account of the cluster, so the Account and the"
        " servers are kept.",
        "Delete what the message names; the rest of the cluster then goes by itself. To keep the data of a stream, set"
        " spec.preventDelete to true in its Stream first.",
    ),
    "AccountsNotReleased": Reason(
        ("DeletionBlocked", "Progressing"),
        "An Account is being deleted, and NACK has not removed its finalizer yet.",
        "Wait for some seconds. If it lasts, see whether NACK is running; docs/how-to/nack.md says what to do when NACK"
        " was uninstalled.",
    ),
    "ServersDeleted": Reason(
        ("DeletionBlocked", "Progressing", "Event"),
        "Objects of NACK use an Account of the cluster, whose servers are deleted already, for instance by"
        " `kubectl delete --cascade=foreground`. NACK cannot delete the streams on them.",
        "Set spec.preventDelete to true in each object that the message names, then delete it.",
    ),
}
