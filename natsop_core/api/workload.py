"""The Kubernetes objects around the servers, as far as users may shape them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.common import PullPolicy, PullSecrets
from natsop_core.api.model import Int32, Model, StringMap, block, unset_means
from natsop_core.api.passthrough import IntOrString, LabelSelector

ServiceType = Literal["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]
NodePort = Annotated[int, Field(ge=0, le=65535, json_schema_extra={"format": "int32"})]


class GlobalSpec(Model):
    """What holds for all containers and objects."""

    image_pull_policy: PullPolicy | None = Field(
        None, description="When the kubelet pulls the images that have no pull policy of their own."
    )
    image_pull_secrets: PullSecrets = Field(default_factory=tuple, description="Secrets for pulling all images.")
    image_registry: str | None = Field(
        None, description="Registry, put before image names that have none of their own."
    )
    labels: StringMap = Field(
        default_factory=dict, description="Further labels of all objects. A change restarts the pods."
    )


class ConfigMapSpec(Model):
    """The ConfigMap that holds nats.conf."""

    existing_name: str | None = Field(
        None, description="A ConfigMap of the user's own to use instead; its key nats.conf is the configuration."
    )
    labels: StringMap = Field(default_factory=dict, description="Further labels of the ConfigMap.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the ConfigMap.")


class ServicePortSpec(Model):
    """A port of the client Service, which it has only while the servers listen on it."""

    enabled: bool | None = Field(
        None, description="Whether the client Service has this port. True when unset; false when unset for monitor."
    )


class ServicePortsSpec(Model):
    """Which listeners the client Service publishes. The headless Service has all of them, whatever is set here."""

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
        ServicePortSpec, description="The port for health checks and metrics, which asks for no password."
    )


class ServiceSpec(Model):
    """The Service for clients, with the ports of all listeners that are meant for the outside."""

    enabled: bool = Field(True, description="Whether there is a Service for clients.")
    type: ServiceType = unset_means("ClusterIP", description="Type of the Service. ClusterIP when unset.")
    ports: ServicePortsSpec = block(ServicePortsSpec)
    node_ports: Mapping[str, NodePort] = Field(
        default_factory=dict,
        description="Ports on the nodes by listener: nats, leafnodes, websocket, mqtt, gateway, monitor. Allocated when"
        " unset.",
    )
    external_traffic_policy: Literal["Cluster", "Local"] | None = Field(
        None, description="Whether traffic from outside stays on the node it arrives at. For NodePort and LoadBalancer."
    )
    load_balancer_class: str | None = Field(None, description="Which load balancer. For type LoadBalancer.")
    labels: StringMap = Field(default_factory=dict, description="Further labels of the Service.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the Service.")


class HeadlessServiceSpec(Model):
    """The Service that gives every server its DNS name."""

    labels: StringMap = Field(default_factory=dict, description="Further labels of the headless Service.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the headless Service.")


class ServiceAccountSpec(Model):
    """The ServiceAccount of the pods; the namespace's default one otherwise."""

    enabled: bool = unset_means(False, description="Whether there is a ServiceAccount. False when unset.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the ServiceAccount.")
    image_pull_secrets: PullSecrets = Field(
        default_factory=tuple, description="Secrets for pulling images that the ServiceAccount lends its pods."
    )


class StatefulSetSpec(Model):
    """The StatefulSet that runs the servers."""

    pod_management_policy: Literal["OrderedReady", "Parallel"] = unset_means(
        "Parallel", description="Whether pods start all at once or one by one. Parallel when unset."
    )
    min_ready_seconds: Int32 | None = Field(
        None, description="Seconds that a pod has to be ready before it counts as available."
    )
    labels: StringMap = Field(default_factory=dict, description="Further labels of the StatefulSet.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the StatefulSet.")


class PodDisruptionBudgetSpec(Model):
    """How many servers a node drain may take away at once. Made only for more than one replica."""

    enabled: bool = Field(True, description="Whether the cluster gets a PodDisruptionBudget.")
    min_available: IntOrString | None = Field(
        None, description="Servers that stay up, as a number or a percentage. Not together with maxUnavailable."
    )
    max_unavailable: IntOrString | None = Field(
        None, description="Servers that may be down, as a number or a percentage. 1 when neither limit is set."
    )
    selector: LabelSelector | None = Field(
        None, description="Has no effect: the budget is always about the servers of the cluster."
    )
    unhealthy_pod_eviction_policy: Literal["AlwaysAllow", "IfHealthyBudget"] | None = Field(
        None, description="Whether pods that are not ready may be evicted regardless of the budget."
    )
    labels: StringMap = Field(default_factory=dict, description="Further labels of the PodDisruptionBudget.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the PodDisruptionBudget.")
