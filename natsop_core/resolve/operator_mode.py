"""What a user's file must not set where an operator's JWTs say who gets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.conf.values import Block
from natsop_core.findings import Finding
from natsop_core.resolve.config import included_trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.config import ExternalFiles

_REFUSED: Final = (
    ("accounts",),
    ("authorization", "users"),
    ("no_auth_user",),
    ("websocket", "no_auth_user"),
    ("mqtt", "no_auth_user"),
)
"""server/jwt.go, validateTrustedOperators, and server/auth.go, validateNoAuthUser: `-t` does not mind, a start does."""


def refused_beside_operator(cr: NatsCluster, files: ExternalFiles) -> tuple[Finding, ...]:
    """A finding for each file with which no server would start."""
    if cr.spec.auth.jwt is None:
        return ()
    found = {name: list(_refused_in(tree)) for name, tree in included_trees(files.includes).items()}
    return tuple(
        Finding(
            "InvalidInclude",
            f"spec.config.includes[{name}] sets {', '.join(fields)}, with which nats-server does not start beside"
            " spec.auth.jwt, where accounts and users come by JWT: take it out of the file.",
        )
        for name, fields in found.items()
        if fields
    )


def _refused_in(tree: Block) -> Iterator[str]:
    for path in _REFUSED:
        found: object = tree
        for key in path:
            found = found.get(key) if isinstance(found, Block) else None
        if found:
            yield ".".join(path)
