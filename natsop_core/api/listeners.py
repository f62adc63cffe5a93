"""The ports that nats-server listens on, each with its protocol and its TLS."""

from typing import Literal

from pydantic import Field

from natsop_core.api.common import ObjectReference
from natsop_core.api.model import Int32, Model, Port, StringMap, Strings, block, unset_means


class TlsSpec(Model):
    """TLS on one listener. The CA to verify others with is spec.tlsCA."""

    enabled: bool = unset_means(False, description="Whether the listener speaks TLS. False when unset.")
    secret_name: str | None = Field(
        None, description="Secret that holds the certificate and its key. Required when TLS is enabled."
    )
    cert: str = Field("tls.crt", description="Key of the Secret that holds the certificate chain, in PEM.")
    key: str = Field("tls.key", description="Key of the Secret that holds the private key, in PEM.")
    verify: bool = unset_means(
        False, description="Whether the other side has to present a certificate that spec.tlsCA signed."
    )
    timeout: Int32 | None = Field(None, description="Seconds for the TLS handshake. The server's default when unset.")


class NatsListenerSpec(Model):
    """The listener for clients."""

    port: Port = Field(4222, description="Port for clients.")
    tls: TlsSpec = block(TlsSpec)


class RouteURLsSpec(Model):
    """How servers of the cluster address each other."""

    auth_secret_ref: ObjectReference | None = Field(
        None, description="Secret whose keys user and password the servers use between each other."
    )
    k8s_cluster_domain: str = Field(
        "cluster.local", alias="k8sClusterDomain", max_length=253, description="DNS domain of the Kubernetes cluster."
    )


class ClusterListenerSpec(Model):
    """Routes between the servers. Used when there is more than one replica."""

    port: Port = Field(6222, description="Port for routes from the other servers.")
    no_advertise: bool = Field(True, description="Keep the servers' own addresses from clients.")
    route_urls: RouteURLsSpec = block(RouteURLsSpec, alias="routeURLs")
    tls: TlsSpec = block(TlsSpec)


class LeafnodesSpec(Model):
    """The listener for leaf nodes: servers that extend this cluster with accounts and subjects of their own."""

    enabled: bool = unset_means(False, description="Whether the servers accept leaf nodes. False when unset.")
    port: Port = unset_means(7422, description="Port for leaf nodes. 7422 when unset.")
    tls: TlsSpec = block(TlsSpec)


class MqttSpec(Model):
    """The listener for MQTT clients, which need JetStream."""

    enabled: bool = unset_means(False, description="Whether the servers speak MQTT. False when unset.")
    port: Port = unset_means(1883, description="Port for MQTT clients. 1883 when unset.")
    tls: TlsSpec = block(TlsSpec)


class GatewaySpec(Model):
    """The listener for other clusters of a super-cluster; this one's name there is that of the NatsCluster."""

    enabled: bool = unset_means(False, description="Whether the servers accept other clusters. False when unset.")
    port: Port = unset_means(7222, description="Port for other clusters. 7222 when unset.")
    tls: TlsSpec = block(TlsSpec)


PathType = Literal["Exact", "ImplementationSpecific", "Prefix"]


class WebsocketIngressSpec(Model):
    """An Ingress to the websocket listener. Not made while the client Service is off."""

    enabled: bool = unset_means(False, description="Whether there is an Ingress. False when unset.")
    class_name: str | None = Field(None, description="IngressClass. The cluster's default when unset.")
    hosts: Strings = Field(default_factory=tuple, description="Host names to serve. At least one is needed.")
    path: str = unset_means("/", description="Path to serve. / when unset.")
    path_type: PathType = unset_means("Exact", description="How the path is compared. Exact when unset.")
    tls_secret_name: str | None = Field(None, description="Secret with a certificate for all of the hosts.")
    annotations: StringMap = Field(default_factory=dict, description="Further annotations of the Ingress.")


class WebsocketSpec(Model):
    """The listener for websocket clients."""

    enabled: bool = unset_means(False, description="Whether the servers speak websocket. False when unset.")
    port: Port = Field(8080, description="Port for websocket clients.")
    tls: TlsSpec = block(TlsSpec)
    ingress: WebsocketIngressSpec = block(WebsocketIngressSpec)


class MonitorSpec(Model):
    """The HTTP listener for health checks and metrics."""

    enabled: bool = Field(True, description="Whether the servers listen for monitoring.")
    port: Port = Field(8222, description="Port for monitoring.")
    tls_enabled: bool = unset_means(
        False, description="Speak HTTPS, with the certificate of config.nats.tls. False when unset."
    )


class ProfilingSpec(Model):
    """The HTTP listener for Go's profiler."""

    enabled: bool = unset_means(False, description="Whether the servers can be profiled. False when unset.")
    port: Port = unset_means(65432, description="Port for profiling. 65432 when unset.")
