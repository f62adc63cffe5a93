"""NatsBox: a pod with the nats command line tool, connected to a NatsCluster."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from natsop_core.api.common import (
    CertificateAuthoritySpec,
    ImageSpec,
    KeyRef,
    LocalObjectReference,
    ObjectReference,
    Resource,
)
from natsop_core.api.model import ATOMIC_MAP, Int32, Model, block, unset_means
from natsop_core.api.passthrough import ResourceRequirements
from natsop_core.api.pods import PodTemplateSpec


class ContextSpec(Model):
    """A context of the nats command line tool: whom to connect to, and as whom."""

    url: str | None = Field(
        None, description="URLs of the servers, separated by commas. Those of clusterRef when unset, with its CA."
    )
    description: str | None = Field(None, description="What the tool shows beside the context's name.")
    creds: KeyRef | None = Field(None, description="Key of a Secret that holds a user's credentials.")
    nkey: KeyRef | None = Field(None, description="Key of a Secret that holds the seed of an NKey.")
    tls: ObjectReference | None = Field(None, description="Secret of type kubernetes.io/tls to authenticate with.")
    ca: CertificateAuthoritySpec = Field(
        default_factory=CertificateAuthoritySpec, description="CA certificates to verify the servers with."
    )


class ClusterRefSpec(LocalObjectReference):
    """The NatsCluster that a NatsBox is for."""

    system_context: bool = unset_means(
        False,
        description="Whether there is a context named system, which connects as a user of the cluster's system account:"
        " by auth.systemUser, or by the userCreds of the system account. False when unset.",
    )


class NatsBoxSpec(Model):
    """What the NatsBox should be."""

    cluster_ref: Annotated[ClusterRefSpec, ATOMIC_MAP] | None = Field(
        None, description="The NatsCluster that the context named default connects to."
    )
    contexts: Mapping[str, ContextSpec] = Field(default_factory=dict, description="Contexts by their names.")
    default_context_name: str | None = Field(
        None, description="The context that is selected at first. The one named default when unset."
    )
    image: ImageSpec = block(ImageSpec, description="Image of the nats-box container.")
    replicas: Annotated[Int32, Field(ge=0)] = Field(1, description="Number of nats-box pods.")
    resources: ResourceRequirements | None = Field(
        None, description="CPU and memory that the nats-box container requests and may use."
    )
    service_account_name: str | None = Field(
        None, description="ServiceAccount of the pods, which is the user's own. The namespace's default when unset."
    )
    pod_template: PodTemplateSpec = block(PodTemplateSpec)


class NatsBox(Resource):
    """A pod with the nats command line tool, ready to talk to a NatsCluster."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsBox"] = "NatsBox"
    spec: NatsBoxSpec
