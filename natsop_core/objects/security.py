"""The security settings that the `restricted` Pod Security level asks for, and a root filesystem nobody can write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import PodSecurityContext, SecurityContext

UNPRIVILEGED: Final = 1000
"""The user, group and volume group of every process that we start."""


def pod_security_context() -> PodSecurityContext:
    return {
        "runAsNonRoot": True,
        "runAsUser": UNPRIVILEGED,
        "runAsGroup": UNPRIVILEGED,
        "fsGroup": UNPRIVILEGED,
        "fsGroupChangePolicy": "OnRootMismatch",  # a change of every file's owner takes minutes on a large volume
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security_context() -> SecurityContext:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
