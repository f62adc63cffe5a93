"""Builds the PodDisruptionBudget."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import PodDisruptionBudget
    from natsop_core.resolve.types import Cluster


def build_pod_disruption_budget(cluster: Cluster) -> PodDisruptionBudget | None:
    """The PodDisruptionBudget, or None if it is disabled."""
    budget = cluster.disruption_budget
    if budget is None:
        return None
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": cluster_metadata(cluster, names.disruption_budget(cluster.name), budget.extras),
        "spec": {**budget.limits, "selector": {"matchLabels": names.cluster_selector(cluster.name)}},
    }
