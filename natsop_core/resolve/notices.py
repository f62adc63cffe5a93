"""What a user should hear of once, when the servers are made or changed: nothing is wrong, but it may surprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER, image_reference
from natsop_core.resolve.storage import volume_bytes
from natsop_core.resolve.types import VolumeClaim

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.types import Cluster, JetStream


def kept(cr: NatsCluster, cluster: Cluster) -> Iterator[Finding]:
    """What running servers keep though new ones would have it otherwise."""
    if images := _kept_images(cr, cluster):
        yield Finding(
            "ImageKept",
            f"The running cluster keeps {' and '.join(images)}, which the operator's defaults have left behind. Set"
            " spec.image.tag to move on: the sidecars then follow the operator's defaults, too.",
        )
    if cluster.keeps_identity:
        yield Finding(
            "IdentityKept",
            "The servers go on running as the user that they had before they were taken over; set runAsUser and fsGroup"
            " in spec.podTemplate.securityContext to change that.",
        )


def _kept_images(cr: NatsCluster, cluster: Cluster) -> list[str]:
    registry = cr.spec.global_.image_registry or ""
    wanted = (
        (cluster.server, cr.spec.image, SERVER),
        (cluster.reloader, cr.spec.reloader.image, RELOADER),
        (cluster.exporter and cluster.exporter.container, cr.spec.prom_exporter.image, EXPORTER),
    )
    return [
        container.image
        for container, image, default in wanted
        if container and container.image != image_reference(image, default, registry)
    ]


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
