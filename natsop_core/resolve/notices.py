"""Notices that are sent once as events when servers are created or changed: no problems, but possibly unexpected."""

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
    """The settings that running servers keep although new servers would have others."""
    if images := _kept_images(cr, cluster):
        yield Finding(
            "ImageKept",
            f"The running cluster keeps {' and '.join(images)}, although the defaults of the operator have changed. To"
            " change the images, set spec.image.tag: the sidecars then get the new defaults.",
        )
    if cluster.keeps_identity:
        yield Finding(
            "IdentityKept",
            "The servers keep running as the user that they had before they were taken over; to change it, set"
            " runAsUser and fsGroup in spec.podTemplate.securityContext.",
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


def risks(cluster: Cluster) -> Iterator[Finding]:
    """Settings that work, but are probably not intended."""
    yield from _tls_without_authority(cluster)
    if cluster.jetstream and cluster.replicas == 2:
        yield Finding(
            "TwoServers",
            "JetStream runs on two servers: while one of them is down, for instance during a rolling restart, the"
            " JetStream API is unavailable. Set spec.replicas to 3.",
        )
    if cluster.jetstream and _is_too_small(cluster.jetstream):
        yield Finding(
            "VolumeTooSmall",
            "spec.config.jetstream.fileStore.maxSize is larger than the volume, which becomes full before the limit is"
            " reached: lower it, or request a larger volume.",
        )


def _is_too_small(jetstream: JetStream) -> bool:
    return isinstance(jetstream.volume, VolumeClaim) and volume_bytes(jetstream.volume) < jetstream.max_file_bytes


def _tls_without_authority(cluster: Cluster) -> Iterator[Finding]:
    for listener in cluster.listeners:
        tls = listener.tls
        if tls and not tls.ca_file and (tls.verify or listener.name == names.ROUTES_PORT):
            yield Finding(
                "TLSWithoutCA",
                f"The {listener.name} listener verifies certificates, but spec.tlsCA names no CA; set it.",
            )
