"""Resolves the settings that all pods share: placement, user, images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from natsop_core.resolve.extras import extras_of
from natsop_core.resolve.images import DefaultImage, image_reference, pull_policy
from natsop_core.resolve.security import ANY_IDENTITY, GIVEN_BY_PLATFORM, pod_security
from natsop_core.resolve.types import Container, Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Set

    from natsop_core.api.common import ImageSpec, LocalObjectReference
    from natsop_core.api.pods import PodTemplateSpec
    from natsop_core.api.workload import GlobalSpec
    from natsop_core.kubernetes.types import (
        EnvFromSource,
        EnvVar,
        PodSecurityContext,
        PodSpec,
        ResourceRequirements,
        SecurityContext,
    )


def resolve_pod(
    template: PodTemplateSpec,
    settings: GlobalSpec | None,
    *,
    selector: Mapping[str, str],
    grace_seconds: int,
    service_account: str,
    keeps_identity: bool = False,
) -> Pod:
    """The settings of a pod template. The labelSelector of topology spread constraints is always `selector`."""
    wanted = template.termination_grace_period_seconds
    return Pod(
        extras=extras_of(settings, template),
        placement=_placement(template, selector),
        security_context=pod_security(
            template.security_context, without=_left_open(template, keeps_identity=keeps_identity)
        ),
        pull_secrets=union(settings.image_pull_secrets if settings else (), template.image_pull_secrets),
        grace_seconds=grace_seconds if wanted is None else wanted,
        service_account=service_account,
        has_api_token=template.automount_service_account_token,
    )


def _left_open(template: PodTemplateSpec, *, keeps_identity: bool) -> Set[str]:
    """The identity fields of the pods that get no default."""
    if keeps_identity:
        return ANY_IDENTITY
    return GIVEN_BY_PLATFORM if template.platform_identity else frozenset()


def resolve_container(
    image: ImageSpec,
    default: DefaultImage,
    settings: GlobalSpec | None,
    *,
    resources: Mapping[str, Any] | None,
    security_context: SecurityContext,
    env: Iterable[Mapping[str, Any]] = (),
    env_from: Iterable[Mapping[str, Any]] = (),
) -> Container:
    """The settings that all containers share, completed from the global settings."""
    registry = (settings.image_registry if settings else None) or ""
    return Container(
        image=image_reference(image, default, registry),
        pull_policy=pull_policy(image, settings),
        resources=cast("ResourceRequirements", resources or {}),
        security_context=security_context,
        env=cast("tuple[EnvVar, ...]", tuple(env)),
        env_from=cast("tuple[EnvFromSource, ...]", tuple(env_from)),
    )


def with_host_alias(pod: Pod, name: str) -> Pod:
    """The pod with a host alias that resolves this name to 127.0.0.1."""
    aliases = [*pod.placement.get("hostAliases", []), {"ip": "127.0.0.1", "hostnames": [name]}]
    return replace(pod, placement=cast("PodSpec", {**pod.placement, "hostAliases": aliases}))


def with_sysctl(pod: Pod, name: str, value: str) -> Pod:
    """The pod with a kernel setting, unless the user sets it."""
    sysctls = pod.security_context.get("sysctls", [])
    if any(each["name"] == name for each in sysctls):
        return pod
    context = {**pod.security_context, "sysctls": [*sysctls, {"name": name, "value": value}]}
    return replace(pod, security_context=cast("PodSecurityContext", context))


def union(*references: Iterable[LocalObjectReference]) -> tuple[str, ...]:
    """The names of pull secrets, each once, in order; empty names are ignored."""
    return tuple(dict.fromkeys(each.name for group in references for each in group if each.name))


def _placement(template: PodTemplateSpec, selector: Mapping[str, str]) -> PodSpec:
    wanted: dict[str, Any] = {
        "affinity": template.affinity,
        "dnsConfig": template.dns_config,
        "dnsPolicy": template.dns_policy,
        "hostAliases": list(template.host_aliases),
        "nodeSelector": dict(template.node_selector),
        "priorityClassName": template.priority_class_name,
        "runtimeClassName": template.runtime_class_name,
        "tolerations": list(template.tolerations),
        "topologySpreadConstraints": [
            {**constraint, "labelSelector": {"matchLabels": dict(selector)}}
            for constraint in template.topology_spread_constraints
        ],
    }
    return cast("PodSpec", {field: value for field, value in wanted.items() if value})
