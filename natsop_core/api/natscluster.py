"""NatsCluster: nats-server as a StatefulSet, clustered when it has more than one replica."""

from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.auth import Auth
from natsop_core.api.common import CertificateAuthority, ImageSpec, Resource
from natsop_core.api.config import Config
from natsop_core.api.model import Int32, Model, block
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
    image: ImageSpec = block(description="Image of the nats-server container.")
    container: Container = block()
    config: Config = block()
    config_map: ConfigMap = block()
    auth: Auth = block()
    tls_ca: CertificateAuthority = block(
        alias="tlsCA",
        description="CA certificates that every listener with TLS verifies others with.",
    )
    reloader: Reloader = block()
    prom_exporter: PromExporter = block()
    service: Service = block()
    headless_service: HeadlessService = block()
    service_account: ServiceAccount = block()
    stateful_set: StatefulSet = block()
    pod_disruption_budget: PodDisruptionBudget = block()
    pod_template: PodTemplate = block()
    global_: Global = block(alias="global")


class NatsCluster(Resource):
    """One nats-server, or a cluster of them, with or without JetStream."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsCluster"] = "NatsCluster"
    spec: NatsClusterSpec
