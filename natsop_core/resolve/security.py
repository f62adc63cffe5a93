"""Resolves security contexts: the `restricted` Pod Security level, with the user's overrides."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import PodSecurityContext, SecurityContext

UNPRIVILEGED: Final = 1000
"""The default user, group and volume group of all processes."""

RESTRICTED_POD: Final[PodSecurityContext] = {
    "runAsNonRoot": True,
    "runAsUser": UNPRIVILEGED,
    "runAsGroup": UNPRIVILEGED,
    "fsGroup": UNPRIVILEGED,
    "fsGroupChangePolicy": "OnRootMismatch",  # changing the owner of all files takes minutes on a large volume
    "seccompProfile": {"type": "RuntimeDefault"},
}

RESTRICTED_CONTAINER: Final[SecurityContext] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}

GIVEN_BY_PLATFORM: Final = frozenset(("runAsUser", "runAsGroup", "fsGroup"))
"""The fields that OpenShift assigns from the range of the namespace."""

ANY_IDENTITY: Final = GIVEN_BY_PLATFORM | {"runAsNonRoot", "fsGroupChangePolicy"}
"""The fields that are left to the image of taken-over servers. On volumes without fsGroup support (hostPath, NFS), only
root could otherwise read the files that root wrote."""

_IDENTITY: Final = ("runAsUser", "runAsGroup", "runAsNonRoot")


def pod_security(user: Mapping[str, Any] | None, *, without: Set[str] = frozenset()) -> PodSecurityContext:
    """The security context of the pod: the defaults, except those in `without`, overridden by the user's fields."""
    default = {field: value for field, value in RESTRICTED_POD.items() if field not in without}
    if _asks_for_root(user):
        del default["runAsNonRoot"]
    return cast("PodSecurityContext", {**default, **(user or {})})


def container_security(user: Mapping[str, Any] | None, pod: Mapping[str, Any] | None) -> SecurityContext:
    """The security context of a container: the defaults, overridden by the user's fields. pod: the user's for the pod.

    The kubelet starts no root container with `runAsNonRoot`. So if the user wants root in this container, the default
    `runAsNonRoot` is disabled for it, but not one that the user has set for the pod.
    """
    gives_way = _asks_for_root(user) and "runAsNonRoot" not in (pod or {})
    default = {**RESTRICTED_CONTAINER, "runAsNonRoot": False} if gives_way else RESTRICTED_CONTAINER
    return cast("SecurityContext", {**default, **(user or {})})


def _asks_for_root(user: Mapping[str, Any] | None) -> bool:
    return user is not None and user.get("runAsUser") == 0 and "runAsNonRoot" not in user


def same_user_security(user: Mapping[str, Any] | None, server: SecurityContext) -> SecurityContext:
    """The security context of the reloader. By default it has the server's user and group, because it sends signals.

    Fields that are unset for the server are unset for the reloader, too.
    """
    identity = {key: value for key, value in server.items() if key in _IDENTITY}
    return cast("SecurityContext", {**RESTRICTED_CONTAINER, **identity, **(user or {})})
