"""A user of the system account where accounts are not the user's own: made once, and kept in a Secret of its own.

The servers get the public key only, in nats.conf: so it can be switched on without a change of the pods.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.conf.nkeys import KeyPair, public_key, user_key, user_key_of
from natsop_core.findings import Finding
from natsop_core.inputs import Forbidden
from natsop_core.kinds import SECRETS
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.types import SystemUser

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup

NOBODY: Final = SystemUser(
    public_key(hashlib.sha256(b"natsop: nobody has the private key").digest(), "user"),
    seed="made in the cluster",
    is_ours=False,
)
"""What stands in for a key that cannot be made or kept: a point of the curve that was not made from a private key."""


def resolve_system_user(cr: NatsCluster, lookup: Lookup) -> Answer[SystemUser | None]:
    """The user that there is, else a new one; None where none is wanted, or the file that it would be in is not ours.

    Whether accounts are defined otherwise is for `effective` to say, which knows all files.
    """
    spec = cr.spec
    if not spec.auth.system_user.enabled or spec.auth.jwt or spec.config_map.existing_name:
        return Answer(None)
    key = SECRETS.key(cr.metadata.namespace, names.system_secret(cr.metadata.name))
    found = lookup.object(key)
    if isinstance(found, Forbidden):
        problem = f"Secret {key.name}, which spec.auth.systemUser needs, cannot be read: {found.message}."
        return Answer(None, (Finding("SecretNotReadable", problem),), blocks=True)
    if found and not is_ours(reduce_metadata(found["metadata"]), owner_of(cr.metadata, names.CLUSTER_KIND)):
        return Answer(NOBODY)
    pair = (_key_in(found) if found else None) or _new_key(lookup)
    return Answer(SystemUser(pair.public_key, pair.seed, is_ours=True) if pair else NOBODY)


def _key_in(secret: Mapping[str, Any]) -> KeyPair | None:
    """None where somebody has spoiled it."""
    try:
        text = base64.b64decode((secret.get("data") or {}).get(names.SYSTEM_USER_KEY, ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError):
        return None
    return user_key_of(text)


def _new_key(lookup: Lookup) -> KeyPair | None:
    """None without any chance, as when a file is rendered: a key that everybody can make again protects nothing."""
    if not lookup.entropy:
        return None
    return user_key(hashlib.sha256(b"system user" + lookup.entropy).digest())
