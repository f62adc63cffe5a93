"""The number of servers, and the one change of it that would destroy data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.resolve.live_cluster import replicas_with_data

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.live_cluster import LiveCluster


def resolve_replicas(
    cr: NatsCluster, live: LiveCluster | None, *, has_jetstream: bool
) -> tuple[int, tuple[Finding, ...]]:
    """The wanted number of servers; the live one, with a finding, where JetStream would lose its streams.

    A lone server's streams are orphans to a cluster, which deletes them, and a cluster's cannot be recovered by a lone
    server (nats-server jetstream_cluster.go, upstream issue 5467). One that was scaled to nothing before it was ours
    does not say how many servers it had.
    """
    wanted, before = cr.spec.replicas, live.replicas if live else replicas_with_data(cr)
    if not has_jetstream or before in (0, wanted) or 1 not in (before, wanted):
        return wanted, ()
    if cr.metadata.annotations.get(ALLOW_DATA_LOSS_ANNOTATION) == "true":
        return wanted, ()
    return before, (_unsafe(before, wanted),)


def _unsafe(live: int, wanted: int) -> Finding:
    return Finding(
        "UnsafeScale",
        f"Going from {live} to {wanted} servers with JetStream on destroys its streams, so the cluster keeps {live}."
        f" Set spec.replicas back to {live}, or back the streams up and set the annotation"
        f' {ALLOW_DATA_LOSS_ANNOTATION}: "true".',
    )
