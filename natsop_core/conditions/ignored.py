"""FieldsIgnored: the fields of a NatsCluster that have no effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding
from natsop_core.resolve.no_effect import without_effect

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.types import Cluster


def fields_ignored(cr: NatsCluster, cluster: Cluster) -> list[Condition]:
    """The fields that have no effect; no condition when all have."""
    found = without_effect(cr, cluster)
    return [Condition("FieldsIgnored", "True", Finding("NoEffect", f"{'; '.join(found)}."))] if found else []
