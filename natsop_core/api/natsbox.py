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
    """A context of the nats command line tool: the servers to connect to, and the credentials."""

    url: str | None = Field(
        None, description="URLs of the servers, separated by commas. URL and CA of clusterRef when unset."
    )
    description: str | None = Field(None, description="Description of the context, which the tool shows.")
    creds: KeyRef | None = Field(None, description="Key of a Secret with the credentials of a user.")
    nkey: KeyRef | None = Field(None, description="Key of a Secret with the seed of an NKey.")
    tls: ObjectReference | None = Field(
        None, description="Secret of type kubernetes.io/tls with the client certificate."
    )
    ca: CertificateAuthoritySpec = Field(
        default_factory=CertificateAuthoritySpec, description="CA certificates to verify the servers."
    )


class ClusterRefSpec(LocalObjectReference):
    """The NatsCluster that the NatsBox connects to."""

    system_context: bool = unset_means(
        False,
        description="Whether there is a context named system, which connects as a user of the cluster's system account:"
        " with auth.systemUser, or with the userCreds of the system account. False when unset.",
    )


class NatsBoxSpec(Model):
    """The desired state of the NatsBox."""

    cluster_ref: Annotated[ClusterRefSpec, ATOMIC_MAP] | None = Field(
        None, description="The NatsCluster that the context named default connects to."
    )
    contexts: Mapping[str, ContextSpec] = Field(default_factory=dict, description="Contexts by name.")
    default_context_name: str | None = Field(
        None, description="The context that is selected initially. The one named default when unset."
    )
    image: ImageSpec = block(ImageSpec, description="Image of the nats-box container.")
    replicas: Annotated[Int32, Field(ge=0)] = Field(1, description="Number of nats-box pods.")
    resources: ResourceRequirements | None = Field(None, description="Requests and limits of the nats-box container.")
    service_account_name: str | None = Field(
        None, description="An existing ServiceAccount for the pods. The default one of the namespace when unset."
    )
    pod_template: PodTemplateSpec = block(PodTemplateSpec)


class NatsBox(Resource):
    """A pod with the nats command line tool, ready to talk to a NatsCluster."""

    api_version: Literal["nats.crewlet.cloud/v1alpha1"] = "nats.crewlet.cloud/v1alpha1"
    kind: Literal["NatsBox"] = "NatsBox"
    spec: NatsBoxSpec
