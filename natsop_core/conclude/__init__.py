"""Makes the report (status, events, next reconcile) from a custom resource, its inputs, its plan and the outcomes."""

from natsop_core.conclude.box import conclude_box
from natsop_core.conclude.cluster import conclude_cluster

__all__ = ["conclude_box", "conclude_cluster"]
