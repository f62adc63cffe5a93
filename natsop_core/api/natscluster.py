"""NatsCluster: nats-server as a StatefulSet, clustered when it has more than one replica."""

from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.auth import Auth
from natsop_core.api.common import CertificateAuthority, ImageSpec, Resource
from natsop_core.api.config import Config
from natsop_core.api.model import Int32, Model
from natsop_core.api.pods import Container, PodTemplate, PromExporter, Reloader
from natsop_core.api.workload import (
    ConfigMap,
    Global,
    HeadlessService,
    PodDisruptionBudget,
    Service,
    ServiceAccount,
    StatefulSet,
)


class NatsClusterSpec(Model):
    """What the NatsCluster should be."""

    replicas: Annotated[Int32, Field(ge=1, le=10_000)] = Field(
        1, description="Number of servers. More than one form a cluster with routes between them."
    )
    image: ImageSpec = Field(default_factory=ImageSpec, description="Image of the nats-server container.")
    container: Container = Field(default_factory=Container)
    config: Config = Field(default_factory=Config)
    config_map: ConfigMap = Field(default_factory=ConfigMap)
    auth: Auth = Field(default_factory=Auth)
    tls_ca: CertificateAuthority = Field(
        default_factory=CertificateAuthority,
        alias="tlsCA",
        description="CA certificates that every listener with TLS verifies others with.",
    )
    reloader: Reloader = Field(default_factory=Reloader)
    prom_exporter: PromExporter = Field(default_factory=PromExporter)
    service: Service = Field(default_factory=Service)
    headless_service: HeadlessService = Field(default_factory=HeadlessService)
    service_account: ServiceAccount = Field(default_factory=ServiceAccount)
    stateful_set: StatefulSet = Field(default_factory=StatefulSet)
    pod_disruption_budget: PodDisruptionBudget = Field(default_factory=PodDisruptionBudget)
    pod_template: PodTemplate = Field(default_factory=PodTemplate)
    global_: Global = Field(default_factory=Global, alias="global")


class NatsCluster(Resource):
    """One nats-server, or a cluster of them, with or without JetStream."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsCluster"] = "NatsCluster"
    spec: NatsClusterSpec
