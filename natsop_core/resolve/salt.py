"""The salt for digests of what Secrets hold: made once, and kept in a Secret of its own."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.inputs import Forbidden
from natsop_core.kinds import SECRETS
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.types import Salt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


def salt_key(cr: NatsCluster) -> ObjectKey:
    """The Secret that holds it."""
    return SECRETS.key(cr.metadata.namespace, names.salt_secret(cr.metadata.name))


def resolve_salt(cr: NatsCluster, lookup: Lookup) -> Answer[Salt | None]:
    """The salt that there is, else a new one; None where no digest can be about a Secret."""
    spec = cr.spec
    if not spec.pod_template.config_checksum_annotation and not any(each.secret for each in spec.config.includes):
        return Answer(None)
    key = salt_key(cr)
    found = lookup.object(key)
    if isinstance(found, Forbidden):
        return Answer(Salt("", is_ours=False), keep=(key,))
    fresh = hashlib.sha256(lookup.entropy).hexdigest()
    if found is None:
        return Answer(Salt(fresh, is_ours=True))
    ours = is_ours(reduce_metadata(found["metadata"]), owner_of(cr.metadata, names.CLUSTER_KIND))
    return Answer(Salt(_value(found) or fresh, ours) if ours else Salt(fresh, is_ours=False))


def _value(secret: Mapping[str, Any]) -> str:
    """Empty where somebody has spoiled it."""
    try:
        value = base64.b64decode((secret.get("data") or {}).get(names.SALT_KEY, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return ""
    return value if len(value) == hashlib.blake2b.MAX_KEY_SIZE else ""
