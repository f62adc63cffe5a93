"""The credentials of a system account user, which the operator uses for its requests to the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.jwts import creds_reference
from natsop_core.resolve.referred import find

if TYPE_CHECKING:
    from natsop_core.api.auth import JwtSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup


def system_credentials(cr: NatsCluster, jwt: JwtSpec, lookup: Lookup) -> Answer[str]:
    """The text of the .creds file; empty if the spec names none, or if it cannot be read."""
    reference = creds_reference(cr, jwt.system) if jwt.system else None
    if reference is None:
        return Answer("")
    found = find(reference, lookup)
    if isinstance(found, Finding):
        return Answer("", (found,))
    return Answer((found or b"").decode("utf-8", "replace"))
