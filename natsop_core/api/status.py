"""The status that the operator writes, as the CustomResourceDefinitions describe it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, Strict

from natsop_core.api.model import Int32, Int64, Model, StringMap, Strings, block, keyed_by, unset_means

_CONDITION_TYPE = (
    r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
)


class ReportedCondition(Model):
    """One aspect of the resource's state, in the form of Kubernetes conditions."""

    type: str = Field(max_length=316, pattern=_CONDITION_TYPE, description="Type of the condition, in CamelCase.")
    status: Literal["True", "False", "Unknown"] = Field(description="Status of the condition.")
    reason: str = Field(
        min_length=1,
        max_length=1024,
        pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
        description="Reason for the status, as a CamelCase word for programs.",
    )
    message: str = Field(max_length=32768, description="Explanation for people, and what to do.")
    last_transition_time: str = Field(
        description="When the status of the condition last changed.", json_schema_extra={"format": "date-time"}
    )
    observed_generation: Annotated[Int64, Field(ge=0)] | None = Field(
        None, description="The metadata.generation that the condition refers to."
    )


Conditions = Annotated[
    tuple[ReportedCondition, ...],
    Strict(False),
    keyed_by("type"),
]


class Status(Model):
    """The status fields of both kinds."""

    observed_generation: Int64 | None = Field(None, description="The metadata.generation that the status refers to.")
    replicas: Int32 | None = Field(None, description="Number of pods that exist.")
    ready_replicas: Int32 | None = Field(None, description="Number of pods that are ready.")
    next_expiry: str | None = Field(
        None,
        description="The earliest expiry of the certificates, CAs, JWTs and credentials that the spec refers to.",
        json_schema_extra={"format": "date-time"},
    )
    conditions: Conditions = unset_means(
        (), description="Ready, Available, Progressing, Degraded and other conditions."
    )


class Endpoints(Model):
    """URLs of the cluster for clients inside Kubernetes."""

    client: str | None = Field(
        None, description="URL for clients: the client Service or, if that is disabled, the headless Service."
    )
    headless: str | None = Field(None, description="URL of the headless Service, which resolves to all servers.")


class CommitmentsStatus(Model):
    """Settings of running servers and their volumes that cannot change freely; annotations hold them, too."""

    replicas: Int32 | None = Field(None, description="Number of servers that store JetStream streams.")
    server_name_prefix: str | None = Field(None, max_length=253, description="Prefix of the names of these servers.")
    jetstream: Literal["claim", "emptyDir", "none"] | None = Field(None, description="Where the servers store streams.")
    resolver: Literal["full", "memory", "none"] | None = Field(None, description="Where the servers store accounts.")
    server_tag: str | None = Field(None, description="Tag or digest of the image of the nats container.")
    reloader_tag: str | None = Field(None, description="Tag or digest of the image of the reloader.")
    exporter_tag: str | None = Field(None, description="Tag or digest of the image of the exporter.")
    keeps_identity: bool | None = Field(
        None, description="Whether the servers keep the user that they had before they were taken over."
    )
    keeps_idle_claim: bool | None = Field(
        None, description="Whether the servers keep an unused claim that they had before they were taken over."
    )


class ResolverStatus(Model):
    """The accounts in the full resolvers that the servers have confirmed."""

    accounts: StringMap = Field(
        default_factory=dict, description="Digests of the account JWTs that all servers below have, by public key."
    )
    servers: StringMap = Field(
        default_factory=dict, description="Start times of the servers that have confirmed these JWTs, by name."
    )
    gone: Strings = unset_means((), description="Public keys of removed accounts that the servers no longer have.")


class EarlierCertificates(Model):
    """Certificates that were current for some time."""

    digest: str | None = Field(None, description="Digest of all certificates, keys and CAs that the spec refers to.")
    since: str | None = Field(
        None,
        description="When they last changed. Absent if no change was seen.",
        json_schema_extra={"format": "date-time"},
    )


class CertificatesStatus(EarlierCertificates):
    """The certificates that the servers should have loaded."""

    earlier: tuple[EarlierCertificates, ...] = unset_means((), description="The previous ones, latest first.")


class AwaitedConfigurationStatus(Model):
    """The configuration that not all servers have loaded yet; absent when all have."""

    digest: str | None = Field(None, description="Digest of this configuration.")
    since: str | None = Field(
        None, description="When the wait for it began.", json_schema_extra={"format": "date-time"}
    )


class NatsClusterStatus(Status):
    """The observed state of the NatsCluster."""

    endpoints: Endpoints = block(Endpoints)
    config_map_name: str | None = Field(None, description="The ConfigMap that the servers read nats.conf from.")
    version: str | None = Field(None, description="Version of nats-server that the servers report.")
    commitments: CommitmentsStatus = block(
        CommitmentsStatus, description="Settings of running servers and their volumes that cannot change freely."
    )
    resolver: ResolverStatus = block(ResolverStatus, description="The accounts that the servers have confirmed.")
    certificates: CertificatesStatus = block(
        CertificatesStatus, description="The certificates that the servers should have loaded."
    )
    awaited_configuration: AwaitedConfigurationStatus = block(
        AwaitedConfigurationStatus, description="The configuration that not all servers have loaded yet."
    )
    jet_stream_replicas: Int32 | None = Field(
        None, description="Number of servers that store JetStream streams, as an earlier operator version wrote it."
    )


class NatsBoxStatus(Status):
    """The observed state of the NatsBox."""


def condition_of(status: Mapping[str, Any], type_: str) -> Mapping[str, Any] | None:
    """The condition of that type in a status, or None."""
    return next((each for each in status.get("conditions", ()) if each["type"] == type_), None)
