"""Rendering: the Kubernetes objects of a resolved cluster or box, in the order to apply them in."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.conf.restart import restart_digest
from natsop_core.conf.server import server_block
from natsop_core.conf.writer import write
from natsop_core.objects.config_map import build_config_map
from natsop_core.objects.deployment import build_deployment
from natsop_core.objects.pod_disruption_budget import build_pod_disruption_budget
from natsop_core.objects.secrets import build_contexts_secret
from natsop_core.objects.services import build_client_service, build_headless_service
from natsop_core.objects.stateful_set import build_stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.values import Block
    from natsop_core.resolve.types import Box, Cluster

Manifest = dict[str, Any]


def render_cluster(cluster: Cluster) -> tuple[Manifest, ...]:
    """Every object of a cluster; what its pods mount or are found by comes before the StatefulSet."""
    block = server_block(cluster)
    conf = write(block)
    return _present(
        build_config_map(cluster, conf),
        build_headless_service(cluster),
        build_client_service(cluster),
        build_pod_disruption_budget(cluster),
        build_stateful_set(cluster, _pod_annotations(cluster, block, conf)),
    )


def render_box(box: Box) -> tuple[Manifest, ...]:
    """Every object of a box."""
    return _present(build_contexts_secret(box), build_deployment(box))


def _pod_annotations(cluster: Cluster, block: Block, conf: str) -> dict[str, str]:
    """What rolls the pods: the part of the configuration that no reload changes, or all of it where asked for."""
    annotations = {names.RESTART_ANNOTATION: restart_digest(block)}
    if cluster.rolls_on_config_change:
        annotations[names.CHECKSUM_ANNOTATION] = hashlib.sha256(conf.encode()).hexdigest()
    return annotations


def _present(*manifests: Mapping[str, Any] | None) -> tuple[Manifest, ...]:
    return tuple(dict(manifest) for manifest in manifests if manifest is not None)
