"""The fields of a NatsCluster about listeners: the ports of nats-server, each with its protocol and TLS."""

from typing import Literal

from pydantic import Field

from natsop_core.api.common import ObjectReference
from natsop_core.api.model import Int32, Model, Port, StringMap, Strings, block, unset_means


class TlsSpec(Model):
    """TLS on one listener. Certificates of the other side are verified with spec.tlsCA."""

    enabled: bool = unset_means(False, description="Whether the listener uses TLS. False when unset.")
    secret_name: str | None = Field(
        None, description="Secret with the certificate and its private key. Required when TLS is enabled."
    )
    cert: str = Field("tls.crt", description="Key of the Secret with the certificate chain, in PEM.")
    key: str = Field("tls.key", description="Key of the Secret with the private key, in PEM.")
    verify: bool = unset_means(
        False,
        description="Whether the other side must present a certificate signed by a CA in spec.tlsCA. False when unset.",
    )
    timeout: Int32 | None = Field(
        None, description="Timeout of the TLS handshake, in seconds. The default of nats-server when unset."
    )


class NatsListenerSpec(Model):
    """The listener for clients."""

    port: Port = Field(4222, description="Port for clients.")
    tls: TlsSpec = block(TlsSpec)


class RouteURLsSpec(Model):
    """How servers of the cluster address each other."""

    auth_secret_ref: ObjectReference | None = Field(
        None, description="Secret with the keys user and password, which the servers use for their routes."
    )
    k8s_cluster_domain: str = Field(
        "cluster.local", alias="k8sClusterDomain", max_length=253, description="DNS domain of the Kubernetes cluster."
    )


class ClusterListenerSpec(Model):
    """The listener for routes between the servers. Used if there is more than one replica."""

    port: Port = Field(6222, description="Port for routes from the other servers.")
    no_advertise: bool = Field(True, description="Whether the servers do not tell clients their own addresses.")
    route_urls: RouteURLsSpec = block(RouteURLsSpec, alias="routeURLs")
    tls: TlsSpec = block(TlsSpec)


class LeafnodesSpec(Model):
    """The listener for leaf nodes: other servers that connect to this cluster and extend it."""

    enabled: bool = unset_means(False, description="Whether the servers accept leaf nodes. False when unset.")
    port: Port = unset_means(7422, description="Port for leaf nodes. 7422 when unset.")
    tls: TlsSpec = block(TlsSpec)


class MqttSpec(Model):
    """The listener for MQTT clients. MQTT needs JetStream."""

    enabled: bool = unset_means(False, description="Whether the servers accept MQTT clients. False when unset.")
    port: Port = unset_means(1883, description="Port for MQTT clients. 1883 when unset.")
    tls: TlsSpec = block(TlsSpec)


class GatewaySpec(Model):
    """The listener for other clusters of a super-cluster, where this cluster has the name of the NatsCluster."""

    enabled: bool = unset_means(False, description="Whether the servers accept gateways. False when unset.")
    port: Port = unset_means(7222, description="Port for other clusters. 7222 when unset.")
    tls: TlsSpec = block(TlsSpec)


PathType = Literal["Exact", "ImplementationSpecific", "Prefix"]


class WebsocketIngressSpec(Model):
    """An Ingress to the websocket listener. It needs the client Service."""

    enabled: bool = unset_means(False, description="Whether there is an Ingress. False when unset.")
    class_name: str | None = Field(None, description="IngressClass. The default of the cluster when unset.")
    hosts: Strings = unset_means((), description="Host names to serve. At least one is required.")
    path: str = unset_means("/", description="Path to serve. / when unset.")
    path_type: PathType = unset_means("Exact", description="How the path is matched. Exact when unset.")
    tls_secret_name: str | None = Field(None, description="Secret with a certificate for all hosts.")
    annotations: StringMap = Field(default_factory=dict, description="Additional annotations of the Ingress.")


class WebsocketSpec(Model):
    """The listener for websocket clients."""

    enabled: bool = unset_means(False, description="Whether the servers accept websocket clients. False when unset.")
    port: Port = Field(8080, description="Port for websocket clients.")
    tls: TlsSpec = block(TlsSpec)
    ingress: WebsocketIngressSpec = block(WebsocketIngressSpec)


class MonitorSpec(Model):
    """The HTTP listener for health checks and metrics."""

    enabled: bool = Field(True, description="Whether the servers have the monitoring listener.")
    port: Port = Field(8222, description="Port for monitoring.")
    tls_enabled: bool = unset_means(
        False, description="Whether to use HTTPS, with the certificate of config.nats.tls. False when unset."
    )


class ProfilingSpec(Model):
    """The HTTP listener for Go's profiler (pprof)."""

    enabled: bool = unset_means(False, description="Whether the servers have the profiling listener. False when unset.")
    port: Port = unset_means(65432, description="Port for profiling. 65432 when unset.")
