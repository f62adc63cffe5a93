"""Resolves the nats container and its reloader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.quantity import rounded_bytes
from natsop_core.resolve.pods import resolve_container
from natsop_core.resolve.security import container_security, same_user_security

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.images import DefaultImage
    from natsop_core.resolve.types import Container

MEMORY_LIMIT: Final = "GOMEMLIMIT"


def resolve_server(cr: NatsCluster, default: DefaultImage) -> Container:
    """The nats container."""
    spec = cr.spec.container
    return resolve_container(
        cr.spec.image,
        default,
        cr.spec.global_,
        resources=spec.resources,
        security_context=container_security(spec.security_context, cr.spec.pod_template.security_context),
        env=(*_go_memory_limit(spec.resources, spec.env), *spec.env),
        env_from=spec.env_from,
    )


def resolve_reloader(cr: NatsCluster, server: Container, default: DefaultImage) -> Container | None:
    """The reloader, or None if it is disabled."""
    spec = cr.spec.reloader
    if not spec.enabled:
        return None
    return resolve_container(
        spec.image,
        default,
        cr.spec.global_,
        resources=spec.resources,
        security_context=same_user_security(spec.security_context, server.security_context),
        env=spec.env,
    )


def memory_limit(resources: Mapping[str, Any] | None) -> int:
    """The memory limit of the container in bytes; 0 without a limit."""
    return rounded_bytes((resources or {}).get("limits", {}).get("memory", 0)) or 0


def _go_memory_limit(
    resources: Mapping[str, Any] | None, env: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, str], ...]:
    """Go's soft memory limit, 80 % of the container's limit, in MiB (Go does not know the suffixes of Kubernetes)."""
    mebibytes = memory_limit(resources) * 8 // 10 // 2**20
    if not mebibytes or any(variable["name"] == MEMORY_LIMIT for variable in env):
        return ()  # with 0MiB, the garbage collector would run all the time
    return ({"name": MEMORY_LIMIT, "value": f"{mebibytes}MiB"},)
