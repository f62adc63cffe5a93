"""What a user should hear of once, when the servers are made or changed: nothing is wrong, but it may surprise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.resolve.images import SERVER, image_reference

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.types import Cluster


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
    """TLS that checks certificates against the image's own CAs, since no other is named: seldom what is meant."""
    for listener in cluster.listeners:
        tls = listener.tls
        if tls and not tls.ca_file and (tls.verify or listener.name == names.ROUTES_PORT):
            yield Finding(
                "TLSWithoutCA",
                f"The {listener.name} listener checks certificates, but spec.tlsCA names no CA to check them against.",
            )
