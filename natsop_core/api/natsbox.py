"""NatsBox: a pod with the nats command line tool, connected to a NatsCluster."""

from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.common import ImageSpec, Resource
from natsop_core.api.model import ATOMIC_MAP, Int32, Model
from natsop_core.api.passthrough import ResourceRequirements


class ClusterRef(Model):
    """A NatsCluster in the NatsBox's own namespace."""

    name: str = Field("", description="Name of the NatsCluster.")


class NatsBoxSpec(Model):
    """What the NatsBox should be."""

    cluster_ref: Annotated[ClusterRef, ATOMIC_MAP] | None = Field(
        None, description="The NatsCluster that the context named default connects to."
    )
    image: ImageSpec = Field(default_factory=ImageSpec, description="Image of the nats-box container.")
    replicas: Annotated[Int32, Field(ge=0)] = Field(1, description="Number of nats-box pods.")
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the nats-box container requests and may use."
    )


class NatsBox(Resource):
    """A pod with the nats command line tool, ready to talk to a NatsCluster."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsBox"] = "NatsBox"
    spec: NatsBoxSpec
