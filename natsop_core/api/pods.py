"""The fields of a custom resource about its pods and their containers."""

from typing import Annotated, Literal

from pydantic import Field, Strict

from natsop_core.api.common import ImageSpec, PullSecrets
from natsop_core.api.model import Int64, Model, Port, StringMap, block, keyed_by, unset_means
from natsop_core.api.passthrough import (
    Affinity,
    EnvFromSource,
    EnvVar,
    HostAlias,
    PodDNSConfig,
    PodSecurityContext,
    Probe,
    ResourceRequirements,
    SecurityContext,
    Toleration,
    TopologySpreadConstraint,
)

_DURATION_PATTERN = r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"
"""The pattern that the Prometheus operator uses."""

PrometheusDuration = Annotated[
    str, Field(pattern=_DURATION_PATTERN, json_schema_extra={"message": "must be a duration such as 30s or 1m30s"})
]
EnvironmentSpec = Annotated[tuple[EnvVar, ...], Strict(False), keyed_by("name")]
DnsPolicy = Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]


class ContainerSpec(Model):
    """The nats-server container."""

    env: EnvironmentSpec = unset_means(
        (), description="Environment variables. SERVER_NAME and POD_NAME are set by the operator."
    )
    env_from: Annotated[tuple[EnvFromSource, ...], Strict(False)] = unset_means(
        (), description="ConfigMaps and Secrets whose keys become environment variables."
    )
    resources: ResourceRequirements | None = Field(
        None, description="Requests and limits of the nats-server container."
    )
    startup_probe: Probe | None = Field(
        None, description="Overrides for the startup probe. Unset fields keep their defaults."
    )
    readiness_probe: Probe | None = Field(
        None, description="Overrides for the readiness probe. Unset fields keep their defaults."
    )
    liveness_probe: Probe | None = Field(
        None, description="Overrides for the liveness probe. Unset fields keep their defaults."
    )
    security_context: SecurityContext | None = Field(
        None, description="Overrides for the restricted security context. Unset fields keep their defaults."
    )


class ReloaderSpec(Model):
    """The sidecar that makes nats-server reload its configuration when a configuration file changes."""

    enabled: bool = Field(True, description="Whether the pods have the reloader.")
    image: ImageSpec = block(ImageSpec, description="Image of the reloader container.")
    env: EnvironmentSpec = unset_means((), description="Environment variables of the reloader container.")
    resources: ResourceRequirements | None = Field(None, description="Requests and limits of the reloader container.")
    security_context: SecurityContext | None = Field(
        None,
        description="Overrides for the security context. By default the reloader runs as the user of nats-server.",
    )


class PodMonitorSpec(Model):
    """A PodMonitor for the Prometheus operator. It is created once the Prometheus operator is installed."""

    enabled: bool = unset_means(False, description="Whether there is a PodMonitor. False when unset.")
    interval: PrometheusDuration | None = Field(None, description="Scrape interval, such as 30s.")
    scrape_timeout: PrometheusDuration | None = Field(None, description="Scrape timeout, such as 10s.")
    labels: StringMap = Field(default_factory=dict, description="Additional labels of the PodMonitor.")


class PromExporterSpec(Model):
    """The sidecar that exports metrics for Prometheus. It needs config.monitor."""

    enabled: bool = unset_means(False, description="Whether the pods have the exporter. False when unset.")
    image: ImageSpec = block(ImageSpec, description="Image of the exporter container.")
    port: Port = Field(7777, description="Port for metrics.")
    monitor_domain: str | None = Field(
        None, description="A host name in the certificate of config.nats.tls. Required with config.monitor.tlsEnabled."
    )
    pod_monitor: PodMonitorSpec = block(PodMonitorSpec)
    env: EnvironmentSpec = unset_means((), description="Environment variables of the exporter container.")
    resources: ResourceRequirements | None = Field(None, description="Requests and limits of the exporter container.")
    security_context: SecurityContext | None = Field(
        None, description="Overrides for the restricted security context. Unset fields keep their defaults."
    )


class PodTemplateSpec(Model):
    """The pods."""

    labels: StringMap = Field(default_factory=dict, description="Additional labels of the pods.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the pods.")
    config_checksum_annotation: bool = unset_means(
        False,
        description="Whether every change of the configuration restarts the pods one by one. False when unset: the"
        " servers reload it where they can.",
    )
    affinity: Affinity | None = Field(None, description="Affinity of the pods to nodes and to other pods.")
    node_selector: StringMap = Field(default_factory=dict, description="Labels of the nodes that the pods run on.")
    tolerations: Annotated[tuple[Toleration, ...], Strict(False)] = unset_means(
        (), description="Taints of nodes that the pods tolerate."
    )
    topology_spread_constraints: Annotated[tuple[TopologySpreadConstraint, ...], Strict(False)] = unset_means(
        (),
        description="How the pods are spread over zones and nodes. The operator always sets the labelSelector.",
    )
    priority_class_name: str | None = Field(None, description="PriorityClass of the pods.")
    runtime_class_name: str | None = Field(None, description="RuntimeClass of the pods.")
    image_pull_secrets: PullSecrets = unset_means(
        (), description="Secrets for pulling images, in addition to the global ones."
    )
    security_context: PodSecurityContext | None = Field(
        None, description="Overrides for the restricted security context of the pods. Unset fields keep their defaults."
    )
    platform_identity: bool = unset_means(
        False,
        description="Whether the platform sets user, group and volume group of the pods, as OpenShift does for each"
        " namespace. False when unset: all three are 1000.",
    )
    automount_service_account_token: bool = unset_means(
        False,
        description="Whether the pods get a token for the API server. The operator's containers do not need one. False"
        " when unset.",
    )
    dns_policy: DnsPolicy | None = Field(None, description="DNS policy of the pods.")
    dns_config: PodDNSConfig | None = Field(None, description="Name servers and search domains of the pods.")
    host_aliases: Annotated[tuple[HostAlias, ...], Strict(False)] = unset_means(
        (), description="Additional entries in /etc/hosts of the pods."
    )
    termination_grace_period_seconds: Int64 | None = Field(
        None, description="Seconds that a pod has to shut down. 60 for a server when unset."
    )
