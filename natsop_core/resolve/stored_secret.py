"""Reads Secrets in which the operator stores generated values: each has one key, and is created once."""

from __future__ import annotations

import base64
import binascii
from dataclasses import field
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.inputs import Forbidden
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.resolve.owner import owner_of

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


@frozen
class Stored:
    """The stored value; empty if there is none yet, or if it is damaged."""

    text: str = field(repr=False)


@frozen
class NameTaken:
    """A Secret of someone else has the name, so that nothing can be stored."""


NOTHING: Final = Stored("")


def read_stored(cr: NatsCluster, secret: ObjectKey, key: str, lookup: Lookup) -> Stored | NameTaken | Forbidden:
    """The stored value under this key of the Secret, or why it is unknown."""
    found = lookup.object(secret)
    if found is None or isinstance(found, Forbidden):
        return found or NOTHING
    if not is_ours(reduce_metadata(found["metadata"]), owner_of(cr.metadata, names.CLUSTER_KIND)):
        return NameTaken()
    try:
        return Stored(base64.b64decode((found.get("data") or {}).get(key, ""), validate=True).decode())
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return NOTHING
