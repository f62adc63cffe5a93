"""Resolves the user of the system account for clusters without own accounts: its key is generated and stored once.

The servers get only the public key, in nats.conf, so it can be enabled without restarting the pods.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.nkeys import KeyPair, public_key, user_key, user_key_of
from natsop_core.findings import Finding
from natsop_core.inputs import Forbidden
from natsop_core.kinds import SECRETS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.stored_secret import NameTaken, read_stored
from natsop_core.resolve.types import SystemUser

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup

NOBODY: Final = SystemUser(
    public_key(hashlib.sha256(b"natsop: nobody has the private key").digest(), "user"),
    seed="made in the cluster",
    is_ours=False,
)
"""The user if no key can be generated or stored: its public key is a curve point without a known private key."""


def resolve_system_user(cr: NatsCluster, lookup: Lookup) -> Answer[SystemUser | None]:
    """The stored user, or a new one; None if it is disabled, or if nats.conf is the user's own.

    Whether included files define accounts is decided in `effective`, which reads all files.
    """
    spec = cr.spec
    if not spec.auth.system_user.enabled or spec.auth.jwt or spec.config_map.existing_name:
        return Answer(None)
    key = SECRETS.key(cr.metadata.namespace, names.system_secret(cr.metadata.name))
    kept = read_stored(cr, key, names.SYSTEM_USER_KEY, lookup)
    if isinstance(kept, Forbidden):
        problem = f"Secret {key.name}, which spec.auth.systemUser needs, cannot be read: {kept.message}."
        return Answer(None, (Finding("SecretNotReadable", problem),), blocks=True)
    if isinstance(kept, NameTaken):
        return Answer(NOBODY)
    pair = user_key_of(kept.text) or _new_key(lookup)
    return Answer(SystemUser(pair.public_key, pair.seed, is_ours=True) if pair else NOBODY)


def _new_key(lookup: Lookup) -> KeyPair | None:
    """A new key; None without entropy, for instance when rendering files: a predictable key protects nothing."""
    if not lookup.entropy:
        return None
    return user_key(hashlib.sha256(b"system user" + lookup.entropy).digest())
