"""Builds the Services: one for clients, and the headless one, which gives each server its DNS name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from natsop_core import names
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from natsop_core.kubernetes.types import Service, ServicePort, ServiceSpec
    from natsop_core.resolve.types import Cluster, Listener


def build_client_service(cluster: Cluster) -> Service | None:
    """The Service for clients, with the ports of the published listeners; None if it is disabled."""
    service = cluster.client_service
    if service is None:
        return None
    published = [listener for listener in cluster.listeners if listener.is_published]
    spec = {
        "type": service.type,
        "selector": names.cluster_selector(cluster.name),
        "ports": [_port(listener, service.node_ports.get(listener.name)) for listener in published],
        **({"externalTrafficPolicy": service.external_traffic_policy} if service.external_traffic_policy else {}),
        **({"loadBalancerClass": service.load_balancer_class} if service.load_balancer_class else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": cluster_metadata(cluster, names.client_service(cluster.name), service.extras),
        "spec": cast("ServiceSpec", spec),
    }


def build_headless_service(cluster: Cluster) -> Service:
    """The Service of the StatefulSet. It includes pods that are not ready: servers need each other to become ready."""
    ports = [_port(listener) for listener in cluster.listeners]
    if cluster.exporter:
        ports.append(_metrics_port(cluster.exporter.port))
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": cluster_metadata(cluster, names.headless_service(cluster.name), cluster.headless_service),
        "spec": {
            "type": "ClusterIP",
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": names.cluster_selector(cluster.name),
            "ports": ports,
        },
    }


def _port(listener: Listener, node_port: int | None = None) -> ServicePort:
    port: ServicePort = {
        "name": listener.name,
        "port": listener.port,
        "protocol": "TCP",
        "targetPort": listener.name,
        "appProtocol": listener.app_protocol,
    }
    if node_port:
        port["nodePort"] = node_port
    return port


def _metrics_port(port: int) -> ServicePort:
    return {
        "name": names.METRICS_PORT,
        "port": port,
        "protocol": "TCP",
        "targetPort": names.METRICS_PORT,
        "appProtocol": "http",
    }
