"""Detects another process that writes under our field manager: a second operator for the same custom resources.

One operator at a time may write. Leader election ensures that; without it, two operators undo each other's work, and
only the metadata of the objects shows it. A write is foreign when it cannot be ours. What could be ours, because its
answer is late or lost, does not count: a single operator never reports itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from natsop_core.frozen import frozen
from natsop_core.live import is_our_status_entry
from natsop_core.names import APPLIED_ANNOTATION

if TYPE_CHECKING:
    from natsop_core.live import LiveObject


@frozen
class StatusMark:
    """When a custom resource's status was last written under our field manager; `time` is empty when it never was.

    The time is that of our entry in managedFields: the API server's clock in whole seconds, RFC 3339 in UTC, so that
    times can be compared as texts, and two writes within a second have the same mark.
    """

    uid: str
    time: str


def status_mark(custom_resource: Mapping[str, Any]) -> StatusMark:
    """The mark of a custom resource as it is now."""
    metadata = custom_resource["metadata"]
    ours = filter(is_our_status_entry, metadata.get("managedFields") or ())
    return StatusMark(metadata["uid"], max((entry.get("time", "") for entry in ours), default=""))


def is_foreign_status(known: StatusMark | None, now: StatusMark) -> bool:
    """Whether another process has written the status since `known`, which was the mark after our own latest write.

    known: None where the result of our own latest write is unknown. An earlier time is no write: managedFields were
    removed, or etcd was restored from a backup.
    """
    return known is not None and known.uid == now.uid and now.time > known.time


def is_foreign_apply(before: LiveObject | None, now: LiveObject, sent: Collection[str]) -> bool:
    """Whether another process applied the object between two versions of it.

    sent: the values of the annotation "applied" in those of our own applies whose effect has not been seen yet.
    Creations do not count: a backup may bring back what was deleted. Nor does an edit of the annotation by another
    field manager, which takes the annotation from ours.
    """
    if before is None or before.uid != now.uid or not before.applied or not now.applied:
        return False
    return now.applied != before.applied and now.applied not in sent and _owns_applied_annotation(now)


def _owns_applied_annotation(live: LiveObject) -> bool:
    metadata = json.loads(live.owned_fields or "{}").get("f:metadata", {})
    return f"f:{APPLIED_ANNOTATION}" in metadata.get("f:annotations", {})
