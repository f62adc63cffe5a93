"""Resolves the salt for digests of Secrets: generated once, and stored in its own Secret."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.inputs import Forbidden
from natsop_core.kinds import SECRETS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.stored_secret import NameTaken, read_stored
from natsop_core.resolve.types import Salt

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


def salt_key(cr: NatsCluster) -> ObjectKey:
    """The Secret with the salt."""
    return SECRETS.key(cr.metadata.namespace, names.salt_secret(cr.metadata.name))


def resolve_salt(cr: NatsCluster, lookup: Lookup) -> Answer[Salt | None]:
    """The stored salt, or a new one; None if no digest depends on a Secret."""
    spec = cr.spec
    if not spec.pod_template.config_checksum_annotation and not any(each.secret for each in spec.config.includes):
        return Answer(None)
    key = salt_key(cr)
    kept = read_stored(cr, key, names.SALT_KEY, lookup)
    if isinstance(kept, Forbidden):
        return Answer(Salt("", is_ours=False), keep=(key,))
    fresh = hashlib.sha256(lookup.entropy).hexdigest()
    if isinstance(kept, NameTaken):
        return Answer(Salt(fresh, is_ours=False))
    is_usable = len(kept.text) == hashlib.blake2b.MAX_KEY_SIZE
    return Answer(Salt(kept.text if is_usable else fresh, is_ours=True))
