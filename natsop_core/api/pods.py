"""The pods of a custom resource and the containers in them."""

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
"""That of the Prometheus operator."""

PrometheusDuration = Annotated[
    str, Field(pattern=_DURATION_PATTERN, json_schema_extra={"message": "must be a duration such as 30s or 1m30s"})
]
EnvironmentSpec = Annotated[tuple[EnvVar, ...], Strict(False), keyed_by("name")]
DnsPolicy = Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]


class ContainerSpec(Model):
    """The nats-server container."""

    env: EnvironmentSpec = Field(
        default_factory=tuple, description="Environment variables. SERVER_NAME and POD_NAME are the operator's own."
    )
    env_from: Annotated[tuple[EnvFromSource, ...], Strict(False)] = Field(
        default_factory=tuple, description="ConfigMaps and Secrets whose keys become environment variables."
    )
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the nats-server container requests and may use."
    )
    startup_probe: Probe | None = Field(
        None, description="Changes to the probe that tells when a server has started; what is unset keeps its default."
    )
    readiness_probe: Probe | None = Field(
        None, description="Changes to the probe that tells whether a server is ready; what is unset keeps its default."
    )
    liveness_probe: Probe | None = Field(
        None, description="Changes to the probe that tells whether a server is alive; what is unset keeps its default."
    )
    security_context: SecurityContext | None = Field(
        None, description="Changes to the restricted security context; what is unset keeps its default."
    )


class ReloaderSpec(Model):
    """The sidecar that makes nats-server reload its configuration when a file of it changes."""

    enabled: bool = Field(True, description="Whether pods have the reloader.")
    image: ImageSpec = block(ImageSpec, description="Image of the reloader container.")
    env: EnvironmentSpec = Field(default_factory=tuple, description="Environment variables of the reloader container.")
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the reloader container requests and may use."
    )
    security_context: SecurityContext | None = Field(
        None, description="Changes to the security context, which runs the reloader as the user of nats-server."
    )


class PodMonitorSpec(Model):
    """A PodMonitor for the Prometheus operator, made once that is installed."""

    enabled: bool = unset_means(False, description="Whether there is a PodMonitor. False when unset.")
    interval: PrometheusDuration | None = Field(None, description="How often Prometheus asks for metrics, such as 30s.")
    scrape_timeout: PrometheusDuration | None = Field(
        None, description="How long Prometheus waits for an answer, such as 10s."
    )
    labels: StringMap = Field(default_factory=dict, description="Further labels of the PodMonitor.")


class PromExporterSpec(Model):
    """The sidecar that offers metrics to Prometheus. It needs the monitor."""

    enabled: bool = unset_means(False, description="Whether pods have the exporter. False when unset.")
    image: ImageSpec = block(ImageSpec, description="Image of the exporter container.")
    port: Port = Field(7777, description="Port for metrics.")
    monitor_domain: str | None = Field(
        None, description="A name that the certificate of config.nats.tls is for. Required with monitor.tlsEnabled."
    )
    pod_monitor: PodMonitorSpec = block(PodMonitorSpec)
    env: EnvironmentSpec = Field(default_factory=tuple, description="Environment variables of the exporter container.")
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the exporter container requests and may use."
    )
    security_context: SecurityContext | None = Field(
        None, description="Changes to the restricted security context; what is unset keeps its default."
    )


class PodTemplateSpec(Model):
    """The pods."""

    labels: StringMap = Field(default_factory=dict, description="Further labels of the pods.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the pods.")
    config_checksum_annotation: bool = unset_means(
        False, description="Roll the pods whenever anything changes that they read, instead of reloading it."
    )
    affinity: Affinity | None = Field(None, description="On which nodes the pods prefer or have to run.")
    node_selector: StringMap = Field(default_factory=dict, description="Labels of the nodes that the pods run on.")
    tolerations: Annotated[tuple[Toleration, ...], Strict(False)] = Field(
        default_factory=tuple, description="Taints of nodes that the pods put up with."
    )
    topology_spread_constraints: Annotated[tuple[TopologySpreadConstraint, ...], Strict(False)] = Field(
        default_factory=tuple,
        description="How the pods spread over zones and nodes. Their labelSelector is always the operator's.",
    )
    priority_class_name: str | None = Field(None, description="PriorityClass of the pods.")
    runtime_class_name: str | None = Field(None, description="RuntimeClass of the pods.")
    image_pull_secrets: PullSecrets = Field(
        default_factory=tuple, description="Secrets for pulling images, in addition to the global ones."
    )
    security_context: PodSecurityContext | None = Field(
        None, description="Changes to the pods' restricted security context; what is unset keeps its default."
    )
    platform_identity: bool = unset_means(
        False,
        description="Leave the pods' user, group and volume group to the platform, as OpenShift assigns them to each"
        " namespace. False when unset: all three are 1000.",
    )
    automount_service_account_token: bool = unset_means(
        False,
        description="Whether the pods get a token for the API server, which nothing in them needs. False when unset.",
    )
    dns_policy: DnsPolicy | None = Field(None, description="Where the pods look up names.")
    dns_config: PodDNSConfig | None = Field(None, description="Name servers and search domains of the pods.")
    host_aliases: Annotated[tuple[HostAlias, ...], Strict(False)] = Field(
        default_factory=tuple, description="Further lines of the pods' /etc/hosts."
    )
    termination_grace_period_seconds: Int64 | None = Field(
        None, description="Seconds that a pod has to end. 60 for a server when unset."
    )
