"""Builds the ConfigMap with nats.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.kubernetes.types import ConfigMap
    from natsop_core.resolve.types import Cluster


def build_config_map(cluster: Cluster, files: Mapping[str, str]) -> ConfigMap | None:
    """The ConfigMap that all servers mount; None if the user has their own. files: texts by path in the pod."""
    if cluster.existing_config:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": cluster_metadata(cluster, names.config_map(cluster.name), cluster.config_map),
        "data": {names.CONFIG_KEY: files[names.CONFIG_FILE]},
    }
