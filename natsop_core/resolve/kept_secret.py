"""Secrets in which the operator keeps what it has made by chance: each has one key, and is made once."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.inputs import Forbidden
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.resolve.owner import owner_of

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept; empty where nothing is yet, or somebody has spoiled it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldByAnother:
    """Somebody else holds the Secret's name, so that nothing can be kept there."""


NOTHING: Final = Kept("")


def look_at_kept(cr: NatsCluster, secret: ObjectKey, key: str, lookup: Lookup) -> Kept | HeldByAnother | Forbidden:
    """What is kept under the key of that Secret, or why it cannot be known."""
    found = lookup.object(secret)
    if found is None or isinstance(found, Forbidden):
        return found or NOTHING
    if not is_ours(reduce_metadata(found["metadata"]), owner_of(cr.metadata, names.CLUSTER_KIND)):
        return HeldByAnother()
    try:
        return Kept(base64.b64decode((found.get("data") or {}).get(key, ""), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return NOTHING
