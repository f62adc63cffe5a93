"""Security contexts: what the `restricted` Pod Security level asks for, with the user's changes over it."""

from __future__ import annotations

from collections.abc import Mapping, Set
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

GIVEN_BY_PLATFORM: Final = frozenset(("runAsUser", "runAsGroup", "fsGroup"))
"""What OpenShift assigns from the namespace's own range."""

ANY_IDENTITY: Final = GIVEN_BY_PLATFORM | {"runAsNonRoot", "fsGroupChangePolicy"}
"""What an image may decide where nothing of it is said. Volumes without fsGroup support (hostPath, NFS) would keep what
root wrote from everybody else."""

_IDENTITY: Final = ("runAsUser", "runAsGroup", "runAsNonRoot")


def pod_security(user: Mapping[str, Any] | None, *, without: Set[str] = frozenset()) -> PodSecurityContext:
    """The pod's security context, field by field the user's where given; `without` these defaults."""
    default = {field: value for field, value in RESTRICTED_POD.items() if field not in without}
    if _asks_for_root(user):
        del default["runAsNonRoot"]
    return cast("PodSecurityContext", {**default, **(user or {})})


def container_security(user: Mapping[str, Any] | None, pod: Mapping[str, Any] | None) -> SecurityContext:
    """A container's security context, field by field the user's where given. pod: what the user says of all of them.

    The kubelet starts no root where `runAsNonRoot` holds: ours gives way in this container, the user's own does not.
    """
    gives_way = _asks_for_root(user) and "runAsNonRoot" not in (pod or {})
    default = {**RESTRICTED_CONTAINER, "runAsNonRoot": False} if gives_way else RESTRICTED_CONTAINER
    return cast("SecurityContext", {**default, **(user or {})})


def _asks_for_root(user: Mapping[str, Any] | None) -> bool:
    return user is not None and user.get("runAsUser") == 0 and "runAsNonRoot" not in user


def same_user_security(user: Mapping[str, Any] | None, server: SecurityContext) -> SecurityContext:
    """The reloader's: it runs as the server's user and group unless told otherwise, since it has to signal it.

    What the server's container leaves to the pod, the reloader's does, too.
    """
    identity = {key: value for key, value in server.items() if key in _IDENTITY}
    return cast("SecurityContext", {**RESTRICTED_CONTAINER, **identity, **(user or {})})
