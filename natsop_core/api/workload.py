"""The fields of a NatsCluster about the Kubernetes objects around the servers."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.common import PullPolicy, PullSecrets
from natsop_core.api.model import Int32, Model, StringMap, block, unset_means
from natsop_core.api.passthrough import IntOrString, LabelSelector

ServiceType = Literal["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
NodePort = Annotated[int, Field(ge=0, le=65535, json_schema_extra={"format": "int32"})]


class GlobalSpec(Model):
    """Settings for all containers and objects."""

    image_pull_policy: PullPolicy | None = Field(
        None, description="When the kubelet pulls images without their own pull policy."
    )
    image_pull_secrets: PullSecrets = unset_means((), description="Secrets for pulling all images.")
    image_registry: str | None = Field(None, description="Registry for image names without a registry.")
    labels: StringMap = Field(
        default_factory=dict, description="Additional labels of all objects. A change restarts the pods."
    )


class ConfigMapSpec(Model):
    """The ConfigMap with nats.conf."""

    existing_name: str | None = Field(
        None, description="Your own ConfigMap to use instead. Its key nats.conf holds the configuration."
    )
    labels: StringMap = Field(default_factory=dict, description="Additional labels of the ConfigMap.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the ConfigMap.")


class ServicePortSpec(Model):
    """A port of the client Service. The Service has it only while the servers listen on it."""

    enabled: bool | None = Field(
        None, description="Whether the client Service has this port. When unset: true, but false for monitor."
    )


class ServicePortsSpec(Model):
    """The ports of the client Service. The headless Service always has the ports of all listeners."""

    nats: ServicePortSpec = block(
        ServicePortSpec,
        description="The port for clients. Without it, clients inside Kubernetes use the headless Service.",
    )
    leafnodes: ServicePortSpec = block(ServicePortSpec, description="The port for leaf nodes.")
    websocket: ServicePortSpec = block(
        ServicePortSpec, description="The port for websocket clients, which the Ingress needs."
    )
    mqtt: ServicePortSpec = block(ServicePortSpec, description="The port for MQTT clients.")
    gateway: ServicePortSpec = block(ServicePortSpec, description="The port for other clusters of a super-cluster.")
    monitor: ServicePortSpec = block(
        ServicePortSpec, description="The port for health checks and metrics. It has no authentication."
    )


class ServiceSpec(Model):
    """The Service for clients, with the ports of all listeners except routes and profiling."""

    enabled: bool = Field(True, description="Whether there is a Service for clients.")
    type: ServiceType = unset_means("ClusterIP", description="Type of the Service. ClusterIP when unset.")
    ports: ServicePortsSpec = block(ServicePortsSpec)
    node_ports: Mapping[str, NodePort] = Field(
        default_factory=dict,
        description="Node ports by listener: nats, leafnodes, websocket, mqtt, gateway, monitor. Kubernetes allocates"
        " them when unset.",
    )
    external_traffic_policy: Literal["Cluster", "Local"] | None = Field(
        None, description="Local keeps external traffic on the node where it arrives. For NodePort and LoadBalancer."
    )
    load_balancer_class: str | None = Field(None, description="Class of the load balancer. For type LoadBalancer.")
    labels: StringMap = Field(default_factory=dict, description="Additional labels of the Service.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the Service.")


class HeadlessServiceSpec(Model):
    """The Service that gives every server its DNS name."""

    labels: StringMap = Field(default_factory=dict, description="Additional labels of the headless Service.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the headless Service.")


class ServiceAccountSpec(Model):
    """The ServiceAccount of the pods. If disabled, they use the default one of the namespace."""

    enabled: bool = unset_means(False, description="Whether there is a ServiceAccount. False when unset.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the ServiceAccount.")
    image_pull_secrets: PullSecrets = unset_means(
        (), description="Secrets for pulling images, for pods with this ServiceAccount."
    )


class StatefulSetSpec(Model):
    """The StatefulSet that runs the servers."""

    pod_management_policy: Literal["OrderedReady", "Parallel"] = unset_means(
        "Parallel", description="Parallel starts all pods at once, OrderedReady one by one. Parallel when unset."
    )
    min_ready_seconds: Int32 | None = Field(
        None, description="Seconds that a pod must be ready before it counts as available."
    )
    labels: StringMap = Field(default_factory=dict, description="Additional labels of the StatefulSet.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the StatefulSet.")


class PodDisruptionBudgetSpec(Model):
    """How many servers a node drain can evict at the same time. Created only for more than one replica."""

    enabled: bool = Field(True, description="Whether there is a PodDisruptionBudget.")
    min_available: IntOrString | None = Field(
        None, description="Servers that must stay up, as a number or a percentage. Not together with maxUnavailable."
    )
    max_unavailable: IntOrString | None = Field(
        None, description="Servers that may be down, as a number or a percentage. 1 if neither limit is set."
    )
    selector: LabelSelector | None = Field(
        None, description="No effect: the budget always selects the servers of the cluster."
    )
    unhealthy_pod_eviction_policy: Literal["AlwaysAllow", "IfHealthyBudget"] | None = Field(
        None, description="AlwaysAllow lets pods that are not ready be evicted regardless of the budget."
    )
    labels: StringMap = Field(default_factory=dict, description="Additional labels of the PodDisruptionBudget.")
    annotations: StringMap = Field(
        default_factory=dict, description="Additional annotations of the PodDisruptionBudget."
    )
