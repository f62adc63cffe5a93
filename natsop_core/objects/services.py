"""The Services: one for clients, and the headless one that gives each server its DNS name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.kubernetes.types import Service, ServicePort
    from natsop_core.resolve.types import Cluster, Listener


def build_client_service(cluster: Cluster) -> Service:
    """The Service that clients connect to: one address, the published listeners only."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": cluster_metadata(cluster, names.client_service(cluster.name)),
        "spec": {
            "type": "ClusterIP",
            "selector": names.cluster_selector(cluster.name),
            "ports": _ports(listener for listener in cluster.listeners if listener.published),
        },
    }


def build_headless_service(cluster: Cluster) -> Service:
    """The StatefulSet's Service. Servers must find each other before they are ready, or none ever would be."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": cluster_metadata(cluster, names.headless_service(cluster.name)),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": names.cluster_selector(cluster.name),
            "ports": _ports(cluster.listeners),
        },
    }


def _ports(listeners: Iterable[Listener]) -> list[ServicePort]:
    return [
        {
            "name": listener.name,
            "port": listener.port,
            "protocol": "TCP",
            "targetPort": listener.name,
            "appProtocol": listener.app_protocol,
        }
        for listener in listeners
    ]
