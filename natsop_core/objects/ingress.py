"""Builds the Ingress for websocket clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata
from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import Ingress, IngressRule, IngressSpec
    from natsop_core.resolve.types import Cluster
    from natsop_core.resolve.types import Ingress as IngressSettings


def build_websocket_ingress(cluster: Cluster) -> Ingress | None:
    """The Ingress to the websocket listener, or None if it is disabled."""
    ingress = cluster.ingress
    if ingress is None:
        return None
    spec = {
        "rules": [_rule(cluster, ingress, host) for host in ingress.hosts],
        **({"ingressClassName": ingress.class_name} if ingress.class_name else {}),
        **({"tls": [{"hosts": list(ingress.hosts), "secretName": ingress.tls_secret}]} if ingress.tls_secret else {}),
    }
    name = names.websocket_ingress(cluster.name)
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": cluster_metadata(cluster, name, Extras(annotations=ingress.annotations)),
        "spec": cast("IngressSpec", spec),
    }


def _rule(cluster: Cluster, ingress: IngressSettings, host: str) -> IngressRule:
    service = {"name": names.client_service(cluster.name), "port": {"name": names.WEBSOCKET_PORT}}
    path = {"path": ingress.path, "pathType": ingress.path_type, "backend": {"service": service}}
    return cast("IngressRule", {"host": host, "http": {"paths": [path]}})
