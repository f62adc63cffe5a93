"""Rendering: builds all Kubernetes objects of a resolved cluster or box, in the order of applying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.digests import checksum, pod_digests
from natsop_core.objects.config_map import build_config_map
from natsop_core.objects.deployment import build_deployment
from natsop_core.objects.ingress import build_websocket_ingress
from natsop_core.objects.nack_account import build_nack_accounts
from natsop_core.objects.pod_disruption_budget import build_pod_disruption_budget
from natsop_core.objects.pod_monitor import build_pod_monitor
from natsop_core.objects.secrets import (
    build_auth_secret,
    build_contexts_secret,
    build_nack_authority_secret,
    build_routes_secret,
    build_salt_secret,
    build_system_secret,
)
from natsop_core.objects.service_account import build_service_account
from natsop_core.objects.services import build_client_service, build_headless_service
from natsop_core.objects.stateful_set import build_stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.resolve.types import Box, Cluster

Manifest = dict[str, Any]


def render_cluster(cluster: Cluster, config: EffectiveConfig) -> tuple[Manifest, ...]:
    """All objects of a cluster. Objects that its pods mount, and its Services, come before the StatefulSet."""
    files, digests = config.files, pod_digests(cluster, config)
    return _present(
        build_service_account(cluster),
        build_auth_secret(cluster, files),
        build_routes_secret(cluster, files),
        build_nack_authority_secret(cluster),
        build_salt_secret(cluster) if digests.needs_salt else None,
        build_system_secret(cluster),
        build_config_map(cluster, files),
        build_headless_service(cluster),
        build_client_service(cluster),
        build_pod_disruption_budget(cluster),
        build_stateful_set(cluster, digests.annotations),
        build_websocket_ingress(cluster),
        build_pod_monitor(cluster),
        *build_nack_accounts(cluster),
    )


def render_box(box: Box) -> tuple[Manifest, ...]:
    """All objects of a box."""
    contexts = build_contexts_secret(box)
    annotations = {names.CHECKSUM_ANNOTATION: checksum(contexts["data"])} if box.rolls_on_config_change else {}
    return _present(contexts, build_deployment(box, annotations))


def _present(*manifests: Mapping[str, Any] | None) -> tuple[Manifest, ...]:
    return tuple(dict(manifest) for manifest in manifests if manifest is not None)
