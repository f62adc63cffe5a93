"""The status that the operator writes, as the CustomResourceDefinitions describe it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from natsop_core.api.model import Int32, Int64, Model, StringMap, Strings, block, keyed_by

_CONDITION_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)


class ReportedCondition(Model):
    """One aspect of the resource's state, in the form of Kubernetes' own conditions."""

    type: str = Field(max_length=316, pattern=_CONDITION_TYPE, description="Which aspect, in CamelCase.")
    status: Literal["True", "False", "Unknown"] = Field(description="Whether it holds.")
    reason: str = Field(
        min_length=1,
        max_length=1024,
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description="Why, as one CamelCase word for programs.",
    )
    message: str = Field(max_length=32768, description="Why, and what to do about it, as a sentence for people.")
    last_transition_time: str = Field(
        description="When the condition's status changed last.", json_schema_extra={"format": "date-time"}
    )
    observed_generation: Annotated[Int64, Field(ge=0)] | None = Field(
        None, description="The metadata.generation that the condition is about."
    )


Conditions = Annotated[
    tuple[ReportedCondition, ...],
    Strict(False),
    keyed_by("type"),
]


class Status(Model):
    """What both kinds report."""

    observed_generation: Int64 | None = Field(None, description="The metadata.generation that this status is about.")
    replicas: Int32 | None = Field(None, description="Number of pods that exist.")
    ready_replicas: Int32 | None = Field(None, description="Number of pods that are ready.")
    next_expiry: str | None = Field(
        None,
        description="When the first of the certificates, CAs, JWTs and credentials that the spec refers to expires.",
        json_schema_extra={"format": "date-time"},
    )
    conditions: Conditions = Field(
        default_factory=tuple, description="Ready, Available, Progressing, Degraded and more, each with its reason."
    )


class Endpoints(Model):
    """URLs of the cluster for clients inside Kubernetes."""

    client: str | None = Field(None, description="URL for clients: the client Service, or else the headless one.")
    headless: str | None = Field(None, description="URL of the headless Service, which resolves to every server.")


class CommitmentsStatus(Model):
    """What running servers and their volumes bind the operator to, as its annotations say it, too (see `record`)."""

    replicas: Int32 | None = Field(None, description="Number of servers that JetStream's streams lie on.")
    server_name_prefix: str | None = Field(None, max_length=253, description="Prefix of the names of these servers.")
    jetstream: Literal["claim", "emptyDir", "none"] | None = Field(None, description="Where the servers keep streams.")
    resolver: Literal["full", "memory", "none"] | None = Field(None, description="Where the servers keep accounts.")
    server_tag: str | None = Field(None, description="Tag or digest of the image of the nats container.")
    reloader_tag: str | None = Field(None, description="Tag or digest of the image of the reloader.")
    exporter_tag: str | None = Field(None, description="Tag or digest of the image of the exporter.")
    keeps_identity: bool | None = Field(
        None, description="Whether the servers run as the user that they had before they were taken over."
    )
    keeps_idle_claim: bool | None = Field(
        None, description="Whether the servers keep a claim from before they were taken over, with the file store off."
    )


class ResolverStatus(Model):
    """What the servers have confirmed of the accounts in their full resolvers. Without it, they are asked again."""

    accounts: StringMap = Field(
        default_factory=dict, description="Digests of the accounts' JWTs that every server below has, by public key."
    )
    servers: StringMap = Field(
        default_factory=dict, description="Start times of the servers that have confirmed that, by name."
    )
    gone: Strings = Field(
        default_factory=tuple, description="Public keys of removed accounts that the servers no longer have."
    )


class EarlierCertificates(Model):
    """Certificates that were current for some time."""

    digest: str | None = Field(None, description="Digest of all certificates, keys and CAs that the spec refers to.")
    since: str | None = Field(
        None,
        description="When they changed last. Without it, no change has been seen.",
        json_schema_extra={"format": "date-time"},
    )


class CertificatesStatus(EarlierCertificates):
    """The certificates that the servers should have loaded: a server has those that were current when it reloaded."""

    earlier: tuple[EarlierCertificates, ...] = Field(
        default_factory=tuple, description="Those that were current before, latest first."
    )


class AwaitedConfigurationStatus(Model):
    """What the servers have not all loaded yet; absent when they have."""

    digest: str | None = Field(None, description="Digest of the configuration that is waited for.")
    since: str | None = Field(
        None, description="Since when it is waited for.", json_schema_extra={"format": "date-time"}
    )


class NatsClusterStatus(Status):
    """What the operator saw of the NatsCluster."""

    endpoints: Endpoints = block(Endpoints)
    config_map_name: str | None = Field(None, description="The ConfigMap that the servers read nats.conf from.")
    version: str | None = Field(None, description="Version of nats-server that the servers report.")
    commitments: CommitmentsStatus = block(
        CommitmentsStatus, description="What running servers and their volumes bind the operator to."
    )
    resolver: ResolverStatus = block(ResolverStatus, description="What the servers have confirmed of their accounts.")
    certificates: CertificatesStatus = block(
        CertificatesStatus, description="The certificates that the servers should have loaded."
    )
    awaited_configuration: AwaitedConfigurationStatus = block(
        AwaitedConfigurationStatus, description="The configuration that the servers have not all loaded yet."
    )
    jet_stream_replicas: Int32 | None = Field(
        None, description="What commitments.replicas says, as an earlier version of the operator wrote it."
    )


class NatsBoxStatus(Status):
    """What the operator saw of the NatsBox."""


def condition_of(status: Mapping[str, Any], type_: str) -> Mapping[str, Any] | None:
    """The condition of that type in a status, or None."""
    return next((each for each in status.get("conditions", ()) if each["type"] == type_), None)
