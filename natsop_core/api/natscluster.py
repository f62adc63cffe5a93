"""NatsCluster: nats-server as a StatefulSet, clustered when it has more than one replica."""

from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.auth import AuthSpec
from natsop_core.api.common import CertificateAuthoritySpec, ImageSpec, Resource
from natsop_core.api.config import ConfigSpec
from natsop_core.api.model import Int32, Model, block
from natsop_core.api.pods import ContainerSpec, PodTemplateSpec, PromExporterSpec, ReloaderSpec
from natsop_core.api.workload import (
    ConfigMapSpec,
    GlobalSpec,
    HeadlessServiceSpec,
    PodDisruptionBudgetSpec,
    ServiceAccountSpec,
    ServiceSpec,
    StatefulSetSpec,
)


class NatsClusterSpec(Model):
    """What the NatsCluster should be."""

    replicas: Annotated[Int32, Field(ge=1, le=10_000)] = Field(
        1, description="Number of servers. More than one form a cluster with routes between them."
    )
    image: ImageSpec = block(description="Image of the nats-server container.")
    container: ContainerSpec = block()
    config: ConfigSpec = block()
    config_map: ConfigMapSpec = block()
    auth: AuthSpec = block()
    tls_ca: CertificateAuthoritySpec = block(
        alias="tlsCA",
        description="CA certificates that every listener with TLS verifies others with.",
    )
    reloader: ReloaderSpec = block()
    prom_exporter: PromExporterSpec = block()
    service: ServiceSpec = block()
    headless_service: HeadlessServiceSpec = block()
    service_account: ServiceAccountSpec = block()
    stateful_set: StatefulSetSpec = block()
    pod_disruption_budget: PodDisruptionBudgetSpec = block()
    pod_template: PodTemplateSpec = block()
    global_: GlobalSpec = block(alias="global")


class NatsCluster(Resource):
    """One nats-server, or a cluster of them, with or without JetStream."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsCluster"] = "NatsCluster"
    spec: NatsClusterSpec
