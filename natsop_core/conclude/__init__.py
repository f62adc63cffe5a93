"""Conclusions: from a custom resource, what was seen of it, its plan and the outcomes to the report."""

from natsop_core.conclude.box import conclude_box
from natsop_core.conclude.cluster import conclude_cluster

__all__ = ["conclude_box", "conclude_cluster"]
