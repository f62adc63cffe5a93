"""The ConfigMap that holds nats.conf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import ConfigMap
    from natsop_core.resolve.types import Cluster


def build_config_map(cluster: Cluster, conf: str) -> ConfigMap:
    """The ConfigMap that every server mounts. `conf` is the text of nats.conf."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": cluster_metadata(cluster, names.config_map(cluster.name)),
        "data": {names.CONFIG_KEY: conf},
    }
