"""Builds the ServiceAccount of the servers' pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata
from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import ServiceAccount
    from natsop_core.resolve.types import Cluster


def build_service_account(cluster: Cluster) -> ServiceAccount | None:
    """The ServiceAccount of the pods, or None if they use the default one of the namespace."""
    account = cluster.service_account
    if account is None:
        return None
    built: ServiceAccount = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": cluster_metadata(
            cluster, names.service_account(cluster.name), Extras(annotations=account.annotations)
        ),
    }
    if account.pull_secrets:
        built["imagePullSecrets"] = [{"name": name} for name in account.pull_secrets]
    return built
