"""NatsCluster: nats-server as a StatefulSet, clustered when it has more than one replica."""

from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.common import ImageSpec, Resource
from natsop_core.api.jetstream import JetStream
from natsop_core.api.model import Int32, Model, Port, StringMap, unset_means
from natsop_core.api.passthrough import IntOrString, ResourceRequirements


class Container(Model):
    """The nats-server container."""

    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the nats-server container requests and may use."
    )


class NatsListener(Model):
    """The listener for clients."""

    port: Port = Field(4222, description="Port for clients.")


class RouteURLs(Model):
    """How servers of the cluster address each other."""

    k8s_cluster_domain: str = Field(
        "cluster.local", alias="k8sClusterDomain", max_length=253, description="DNS domain of the Kubernetes cluster."
    )


class ClusterListener(Model):
    """Routes between the servers. Used when there is more than one replica."""

    port: Port = Field(6222, description="Port for routes from the other servers.")
    no_advertise: bool = Field(True, description="Keep the servers' own addresses from clients.")
    route_urls: RouteURLs = Field(default_factory=RouteURLs, alias="routeURLs")


class Monitor(Model):
    """The HTTP listener for health checks and metrics."""

    enabled: bool = Field(True, description="Whether the servers listen for monitoring.")
    port: Port = Field(8222, description="Port for monitoring.")


class Config(Model):
    """The configuration of nats-server."""

    nats: NatsListener = Field(default_factory=NatsListener)
    cluster: ClusterListener = Field(default_factory=ClusterListener)
    jetstream: JetStream = Field(default_factory=JetStream)
    monitor: Monitor = Field(default_factory=Monitor)


class Reloader(Model):
    """The sidecar that makes nats-server reload its configuration when a file of it changes."""

    enabled: bool = Field(True, description="Whether pods have the reloader.")
    image: ImageSpec = Field(default_factory=ImageSpec, description="Image of the reloader container.")
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the reloader container requests and may use."
    )


class PodDisruptionBudget(Model):
    """How many servers a node drain may take away at once. Made only for more than one replica."""

    enabled: bool = Field(True, description="Whether the cluster gets a PodDisruptionBudget.")
    min_available: IntOrString | None = Field(
        None, description="Servers that stay up, as a number or a percentage. Not together with maxUnavailable."
    )
    max_unavailable: IntOrString | None = Field(
        None, description="Servers that may be down, as a number or a percentage. 1 when neither limit is set."
    )
    unhealthy_pod_eviction_policy: Literal["AlwaysAllow", "IfHealthyBudget"] | None = Field(
        None, description="Whether pods that are not ready may be evicted regardless of the budget."
    )
    labels: StringMap = Field(default_factory=dict, description="Further labels of the PodDisruptionBudget.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the PodDisruptionBudget.")


class PodTemplate(Model):
    """The pods of the StatefulSet."""

    config_checksum_annotation: bool = unset_means(
        False, description="Roll the pods whenever anything changes that the server reads, instead of reloading it."
    )


class NatsClusterSpec(Model):
    """What the NatsCluster should be."""

    replicas: Annotated[Int32, Field(ge=1, le=10_000)] = Field(
        1, description="Number of servers. More than one form a cluster with routes between them."
    )
    image: ImageSpec = Field(default_factory=ImageSpec, description="Image of the nats-server container.")
    container: Container = Field(default_factory=Container)
    config: Config = Field(default_factory=Config)
    reloader: Reloader = Field(default_factory=Reloader)
    pod_disruption_budget: PodDisruptionBudget = Field(default_factory=PodDisruptionBudget)
    pod_template: PodTemplate = Field(default_factory=PodTemplate)


class NatsCluster(Resource):
    """One nats-server, or a cluster of them, with or without JetStream."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsCluster"] = "NatsCluster"
    spec: NatsClusterSpec
