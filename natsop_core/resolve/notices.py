"""What a user should hear of once, when the servers are made or changed: nothing is wrong, but it may surprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.images import SERVER, image_reference
from natsop_core.resolve.storage import volume_bytes
from natsop_core.resolve.types import VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.types import Cluster, JetStream


def kept(cr: NatsCluster, cluster: Cluster) -> Iterator[Finding]:
    """What running servers keep though new ones would have it otherwise."""
    image = cluster.server.image
    if image != image_reference(cr.spec.image, SERVER, cr.spec.global_.image_registry or ""):
        yield Finding("ImageKept", f"spec.image names no image, so the servers keep {image}; name one to change that.")
    if cluster.keeps_identity:
        yield Finding(
            "IdentityKept",
            "The servers go on running as the user that they had before they were taken over; set runAsUser and fsGroup"
            " in spec.podTemplate.securityContext to change that.",
        )


def risky(cluster: Cluster) -> Iterator[Finding]:
    """What works, and is seldom what is meant."""
    yield from _tls_without_authority(cluster)
    if cluster.jetstream and cluster.replicas == 2:
        yield Finding(
            "TwoServers",
            "JetStream runs on two servers: while one of them is down, also during a rolling restart, JetStream's API"
            " stops. Set spec.replicas to 3.",
        )
    if cluster.jetstream and _is_too_small(cluster.jetstream):
        yield Finding(
            "VolumeTooSmall",
            "spec.config.jetstream.fileStore.maxSize is larger than the volume, which will be full before JetStream"
            " says so: lower it, or ask for a larger volume.",
        )


def _is_too_small(jetstream: JetStream) -> bool:
    return isinstance(jetstream.volume, VolumeClaim) and volume_bytes(jetstream.volume) < jetstream.max_file_bytes


def _tls_without_authority(cluster: Cluster) -> Iterator[Finding]:
    for listener in cluster.listeners:
        tls = listener.tls
        if tls and not tls.ca_file and (tls.verify or listener.name == names.ROUTES_PORT):
            yield Finding(
                "TLSWithoutCA",
                f"The {listener.name} listener checks certificates, but spec.tlsCA names no CA to check them against.",
            )
