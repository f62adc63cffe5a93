"""Rendering: the Kubernetes objects of a resolved cluster or box, in the order to apply them in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.conf.files import read_files
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
)
from natsop_core.objects.service_account import build_service_account
from natsop_core.objects.services import build_client_service, build_headless_service
from natsop_core.objects.stateful_set import build_stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.resolve.types import Box, Cluster

Manifest = dict[str, Any]

ANY_POD: Final = "any"
"""A pod's name does not matter to what needs a restart."""


def render_cluster(cluster: Cluster, config: EffectiveConfig) -> tuple[Manifest, ...]:
    """Every object of a cluster; what its pods mount or are found by comes before the StatefulSet."""
    files = config.files
    return _present(
        build_service_account(cluster),
        build_auth_secret(cluster, files),
        build_routes_secret(cluster, files),
        build_nack_authority_secret(cluster),
        build_config_map(cluster, files),
        build_headless_service(cluster),
        build_client_service(cluster),
        build_pod_disruption_budget(cluster),
        build_stateful_set(cluster, _pod_annotations(cluster, config)),
        build_websocket_ingress(cluster),
        build_pod_monitor(cluster),
        *build_nack_accounts(cluster),
    )


def render_box(box: Box) -> tuple[Manifest, ...]:
    """Every object of a box."""
    contexts = build_contexts_secret(box)
    annotations = {names.CHECKSUM_ANNOTATION: _checksum(contexts["data"])} if box.rolls_on_config_change else {}
    return _present(contexts, build_deployment(box, annotations))


def _pod_annotations(cluster: Cluster, config: EffectiveConfig) -> dict[str, str]:
    """What rolls the pods: the part of the configuration that no reload changes, or all of it where asked for."""
    annotations = {names.RESTART_ANNOTATION: config.restart_digest({names.SERVER_NAME_VARIABLE: ANY_POD})}
    if cluster.rolls_on_config_change:
        contents = {file.path: file.content.decode("utf-8", "surrogateescape") for file in read_files(cluster, config)}
        annotations[names.CHECKSUM_ANNOTATION] = _checksum(contents)
    return annotations


def _checksum(files: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _present(*manifests: Mapping[str, Any] | None) -> tuple[Manifest, ...]:
    return tuple(dict(manifest) for manifest in manifests if manifest is not None)
