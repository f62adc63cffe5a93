"""Security contexts: what the `restricted` Pod Security level asks for, with the user's changes over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import PodSecurityContext, SecurityContext

UNPRIVILEGED: Final = 1000
"""The user, group and volume group of every process that we start."""

RESTRICTED_POD: Final[PodSecurityContext] = {
    "runAsNonRoot": True,
    "runAsUser": UNPRIVILEGED,
    "runAsGroup": UNPRIVILEGED,
    "fsGroup": UNPRIVILEGED,
    "fsGroupChangePolicy": "OnRootMismatch",  # a change of every file's owner takes minutes on a large volume
    "seccompProfile": {"type": "RuntimeDefault"},
}

RESTRICTED_CONTAINER: Final[SecurityContext] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}

_POD_IDENTITY: Final = ("runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "fsGroupChangePolicy")
_IDENTITY: Final = ("runAsUser", "runAsGroup", "runAsNonRoot")


def pod_security(user: Mapping[str, Any] | None, *, keeps_identity: bool = False) -> PodSecurityContext:
    """The pod's security context, field by field the user's where given.

    keeps_identity: without a user and group of ours, since the pod's files belong to others. Volumes without fsGroup
    support (hostPath, NFS) would keep what root wrote from everybody else.
    """
    default = {
        field: value for field, value in RESTRICTED_POD.items() if not (keeps_identity and field in _POD_IDENTITY)
    }
    return cast("PodSecurityContext", {**default, **(user or {})})


def container_security(user: Mapping[str, Any] | None) -> SecurityContext:
    """A container's security context, field by field the user's where given."""
    return cast("SecurityContext", {**RESTRICTED_CONTAINER, **(user or {})})


def same_user_security(user: Mapping[str, Any] | None, server: SecurityContext) -> SecurityContext:
    """The reloader's: it runs as the server's user and group unless told otherwise, since it has to signal it."""
    identity = {key: value for key, value in server.items() if key in _IDENTITY}
    return cast("SecurityContext", {**RESTRICTED_CONTAINER, **identity, **(user or {})})
