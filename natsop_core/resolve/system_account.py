"""The system account that a server with leafnodes and a gateway cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.resolve.config import included_trees

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.config import ExternalFiles


def needs_system_account(cr: NatsCluster, files: ExternalFiles) -> bool:
    """Whether one is to be rendered: an include with accounts sees to that itself, and so does JWT authentication."""
    return _is_wanted(cr) and not _defined(files)


def missing_system_account(cr: NatsCluster, files: ExternalFiles) -> tuple[Finding, ...]:
    """What is wrong when an include defines accounts without one: the server would not start, and `-t` not say so."""
    defined = _defined(files)
    if not _is_wanted(cr) or "accounts" not in defined or "system_account" in defined:
        return ()
    return (
        Finding(
            "InvalidInclude",
            "spec.config.includes define accounts but no system_account, without which nats-server does not start with"
            " leafnodes and a gateway: add system_account to the file.",
        ),
    )


def _is_wanted(cr: NatsCluster) -> bool:
    config = cr.spec.config
    return cr.spec.auth.jwt is None and config.leafnodes.enabled and config.gateway.enabled


def _defined(files: ExternalFiles) -> set[str]:
    found = {key for tree in included_trees(files.includes).values() for key in tree}
    return found & {"accounts", "system_account"}
