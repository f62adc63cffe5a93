"""The fields of a NatsCluster about the configuration of nats-server."""

from typing import Annotated, cast

from pydantic import Field, Strict

from natsop_core.api.common import KeyRef, KeySelector
from natsop_core.api.jetstream import JetStreamSpec
from natsop_core.api.listeners import (
    ClusterListenerSpec,
    GatewaySpec,
    LeafnodesSpec,
    MonitorSpec,
    MqttSpec,
    NatsListenerSpec,
    ProfilingSpec,
    WebsocketSpec,
)
from natsop_core.api.model import Model, block, keyed_by, unset_means


class IncludeSpec(Model):
    """Your own file in the syntax of nats.conf, included at the end of the configuration."""

    name: str = Field(
        min_length=1,
        pattern=r"^[a-zA-Z0-9._-]+$",
        description="Name of the file, under /etc/nats-extra.",
        json_schema_extra={"message": "must be a file name with only the characters a-z, A-Z, 0-9, '.', '_' and '-'"},
    )
    secret: KeyRef | None = Field(None, description="Key of a Secret with the file.")
    config_map: KeyRef | None = Field(None, description="Key of a ConfigMap with the file.")

    @property
    def source(self) -> KeySelector:
        """The one reference that is set, as a rule requires."""
        return cast("KeySelector", self.secret or self.config_map)


class ConfigSpec(Model):
    """The configuration of nats-server."""

    nats: NatsListenerSpec = block(NatsListenerSpec)
    cluster: ClusterListenerSpec = block(ClusterListenerSpec)
    leafnodes: LeafnodesSpec = block(LeafnodesSpec)
    websocket: WebsocketSpec = block(WebsocketSpec)
    mqtt: MqttSpec = block(MqttSpec)
    gateway: GatewaySpec = block(GatewaySpec)
    monitor: MonitorSpec = block(MonitorSpec)
    profiling: ProfilingSpec = block(ProfilingSpec)
    jetstream: JetStreamSpec = block(JetStreamSpec)
    server_name_prefix: str = Field(
        default_factory=str,
        max_length=253,
        description="Prefix of the server names, before the pod name. Server names must be unique in a super-cluster.",
    )
    includes: Annotated[tuple[IncludeSpec, ...], Strict(False), keyed_by("name")] = unset_means(
        (), description="Files to include, in this order, after the rendered configuration."
    )
