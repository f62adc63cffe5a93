"""The credentials with which the operator sends requests to the servers: those of a user of the system account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.referred import find, key_reference

if TYPE_CHECKING:
    from natsop_core.api.auth import JwtSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup


def system_credentials(cr: NatsCluster, jwt: JwtSpec, lookup: Lookup) -> Answer[str]:
    """The text of the .creds file; empty where the spec names none, or it cannot be had."""
    system = next((account for account in jwt.accounts if account.public_key == jwt.system_account), None)
    if system is None or system.user_creds is None:
        return Answer("")
    field = f"spec.auth.jwt.accounts[{system.name}].userCreds"
    found = find(key_reference("Secret", cr.metadata.namespace, system.user_creds, field), lookup)
    if isinstance(found, Finding):
        return Answer("", (found,))
    return Answer((found or b"").decode("utf-8", "replace"))
