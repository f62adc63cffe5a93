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
    """The desired state of the NatsCluster."""

    replicas: Annotated[Int32, Field(ge=1, le=10_000)] = Field(
        1, description="Number of servers. Two or more servers form a cluster with routes."
    )
    image: ImageSpec = block(ImageSpec, description="Image of the nats-server container.")
    container: ContainerSpec = block(ContainerSpec)
    config: ConfigSpec = block(ConfigSpec)
    config_map: ConfigMapSpec = block(ConfigMapSpec)
    auth: AuthSpec = block(AuthSpec)
    tls_ca: CertificateAuthoritySpec = block(
        CertificateAuthoritySpec,
        alias="tlsCA",
        description="CA certificates with which all TLS listeners verify the other side.",
    )
    reloader: ReloaderSpec = block(ReloaderSpec)
    prom_exporter: PromExporterSpec = block(PromExporterSpec)
    service: ServiceSpec = block(ServiceSpec)
    headless_service: HeadlessServiceSpec = block(HeadlessServiceSpec)
    service_account: ServiceAccountSpec = block(ServiceAccountSpec)
    stateful_set: StatefulSetSpec = block(StatefulSetSpec)
    pod_disruption_budget: PodDisruptionBudgetSpec = block(PodDisruptionBudgetSpec)
    pod_template: PodTemplateSpec = block(PodTemplateSpec)
    global_: GlobalSpec = block(GlobalSpec, alias="global")


class NatsCluster(Resource):
    """A nats-server or a cluster of nats-servers, with or without JetStream."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsCluster"] = "NatsCluster"
    spec: NatsClusterSpec
