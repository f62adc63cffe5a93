"""Builds the parts that all containers and pods share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.kubernetes.types import Container, PodSpec, Volume, VolumeMount
    from natsop_core.resolve.types import Container as ContainerSettings
    from natsop_core.resolve.types import Folder, Pod


def container(name: str, settings: ContainerSettings) -> Container:
    """A container with its common settings, without arguments, ports and mounts."""
    built: Container = {
        "name": name,
        "image": settings.image,
        "imagePullPolicy": settings.pull_policy,
        "resources": settings.resources,
        "securityContext": settings.security_context,
    }
    if settings.env:
        built["env"] = list(settings.env)
    if settings.env_from:
        built["envFrom"] = list(settings.env_from)
    return built


def pod_spec(pod: Pod) -> PodSpec:
    """The spec of a pod with its common settings, without containers and volumes."""
    built: PodSpec = {
        **pod.placement,
        "automountServiceAccountToken": pod.has_api_token,
        "enableServiceLinks": False,
        "securityContext": pod.security_context,
        "terminationGracePeriodSeconds": pod.grace_seconds,
    }
    if pod.service_account:
        built["serviceAccountName"] = pod.service_account
    if pod.pull_secrets:
        built["imagePullSecrets"] = [{"name": name} for name in pod.pull_secrets]
    return built


def folder_mounts(folders: Iterable[Folder]) -> list[VolumeMount]:
    """Read-only mounts of the folders."""
    return [{"name": folder.volume["name"], "mountPath": folder.path, "readOnly": True} for folder in folders]


def folder_volumes(folders: Iterable[Folder]) -> list[Volume]:
    """The volumes of the folders."""
    return [folder.volume for folder in folders]
