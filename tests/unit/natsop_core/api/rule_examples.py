"""For every rule a resource that only just keeps it, and one that breaks it, with the message that a user then sees."""

from dataclasses import dataclass

from tests.unit.natsop_core.api.examples import INVALID, VALID, Manifest, box, cluster, config, file_store


@dataclass(frozen=True)
class Example:
    """`path` is where both we and the API server see the breach."""

    kept: Manifest
    broken: Manifest
    path: str
    message: str


def example(kept: str, broken: str) -> Example:
    """An example out of the general ones."""
    invalid = INVALID[broken]
    return Example(VALID[kept], invalid.manifest, invalid.path, invalid.message)


def jwt(**fields: object) -> Manifest:
    account = {"name": "system", "publicKey": "AA", "jwt": {"name": "jwts", "key": "system"}}
    required = {"operator": {"name": "jwts", "key": "operator"}, "systemAccount": "AA", "accounts": [account]}
    return cluster({"auth": {"jwt": {**required, **fields}}})


def resolver(**fields: object) -> Manifest:
    return jwt(resolver={"type": "full", "storage": {}, **fields})


def exporter(**fields: object) -> Manifest:
    return cluster({"promExporter": fields})


def environment(*names: str) -> Manifest:
    return cluster({"container": {"env": [{"name": name, "value": "x"} for name in names]}})


def include(**fields: object) -> Manifest:
    return config(includes=[{"name": "limits.conf", **fields}])


def contexts(**names: object) -> Manifest:
    return box({"contexts": names})


def https_metrics(**fields: object) -> Manifest:
    tls = {"enabled": True, "secretName": "nats-tls"}
    return cluster(
        {
            "config": {"nats": {"tls": tls}, "monitor": {"tlsEnabled": True}},
            "promExporter": {"enabled": True, **fields},
        }
    )


CERTIFICATE = {"enabled": True, "secretName": "nats-tls"}
KEY = {"name": "files", "key": "limits.conf"}

EXAMPLES: dict[str, Example] = {
    "cluster-name": example("longest name", "long cluster name"),
    "box-name": example("longest box name", "long box name"),
    "config-changes-arrive": example("checksum instead of reloader", "neither reloader nor checksum"),
    "ports-differ": Example(
        kept=cluster({"config": {"monitor": {"enabled": False}}, "promExporter": {"enabled": True, "port": 4222}}),
        broken=config(mqtt={"enabled": True, "port": 7422}, leafnodes={"enabled": True}, jetstream={"enabled": True}),
        path="spec",
        message="config.leafnodes.port and config.mqtt.port are the same: every listener needs a port of its own",
    ),
    "service-has-port": Example(
        kept=cluster({"service": {"ports": {"nats": {"enabled": False}, "monitor": {"enabled": True}}}}),
        broken=cluster({"service": {"ports": {"nats": {"enabled": False}, "mqtt": {"enabled": True}}}}),
        path="spec",
        message="service.ports leaves the client Service without a port: enable one, or set service.enabled to false",
    ),
    "monitor-tls-certificate": Example(
        kept=config(monitor={"tlsEnabled": True}, nats={"tls": CERTIFICATE}),
        broken=config(monitor={"tlsEnabled": True}, nats={"tls": {"secretName": "nats-tls"}}),
        path="spec",
        message="config.monitor.tlsEnabled needs config.nats.tls, whose certificate it uses",
    ),
    "exporter-monitor-domain": Example(
        kept=https_metrics(monitorDomain="nats.example"),
        broken=https_metrics(monitorDomain=""),
        path="spec",
        message="promExporter.monitorDomain is required with config.monitor.tlsEnabled: a host name in the certificate",
    ),
    "mqtt-jetstream": Example(
        kept=config(mqtt={"enabled": True}, jetstream={"enabled": True}),
        broken=config(mqtt={"enabled": True}, jetstream={}),
        path="spec",
        message="config.mqtt on a single server needs config.jetstream.enabled",
    ),
    "gateway-routes": Example(
        kept=cluster({"replicas": 2, "config": {"gateway": {"enabled": True}, "jetstream": {"enabled": True}}}),
        broken=config(gateway={"enabled": True}, jetstream={"enabled": True}),
        path="spec",
        message="config.gateway together with config.jetstream needs more than one replica",
    ),
    **{
        f"{listener}-tls-secret": Example(
            kept=config(**{listener: {"tls": CERTIFICATE}}),
            broken=config(**{listener: {"tls": {"enabled": True, "secretName": ""}}}),
            path=f"spec.config.{listener}.tls",
            message="secretName is required when TLS is enabled",
        )
        for listener in ("nats", "cluster", "leafnodes", "websocket", "mqtt", "gateway")
    },
    "cluster-domain": example("fully qualified domain", "underscore in the domain"),
    "server-name-prefix": Example(
        kept=config(serverNamePrefix="Eu.west-1-"),
        broken=config(serverNamePrefix="eu_west-"),
        path="spec.config.serverNamePrefix",
        message="must be the start of a DNS name, such as east-: letters, digits, '-' and '.' only",
    ),
    "include-name": Example(
        kept=include(name=".conf", secret=KEY),
        broken=include(name="..data", secret=KEY),
        path="spec.config.includes[0].name",
        message="must not be '.' or start with '..': Kubernetes reserves such file names in volumes",
    ),
    "include-source": Example(
        kept=include(configMap=KEY),
        broken=include(),
        path="spec.config.includes[0]",
        message="exactly one of secret and configMap must be set",
    ),
    "monitor-tls-monitor": Example(
        kept=config(monitor={"enabled": False}),
        broken=config(monitor={"enabled": False, "tlsEnabled": True}, nats={"tls": CERTIFICATE}),
        path="spec.config.monitor",
        message="tlsEnabled requires the monitor to be enabled",
    ),
    "ingress-hosts": Example(
        kept=config(websocket={"enabled": True, "ingress": {"className": "nginx"}}),
        broken=config(websocket={"enabled": True, "ingress": {"enabled": True, "hosts": []}}),
        path="spec.config.websocket.ingress",
        message="hosts must have at least one entry when the Ingress is enabled",
    ),
    "file-store-size": Example(
        kept=file_store(maxSize="7.5Ei"),
        broken=file_store(maxSize="8Ei"),
        path="spec.config.jetstream.fileStore.maxSize",
        message="must be a whole number of bytes, at least 0 and less than 8Ei",
    ),
    "volume-size": example("volume without size", "volume too large"),
    "memory-store-size": example("memory store", "fraction of a byte"),
    "memory-store-bounded": example("memory store left empty", "memory store without size"),
    "system-account": Example(
        kept=jwt(),
        broken=jwt(systemAccount="AB"),
        path="spec.auth.jwt",
        message="systemAccount must be the publicKey of one of the accounts",
    ),
    "resolver-storage": Example(
        kept=jwt(resolver={"type": "memory"}),
        broken=jwt(resolver={"type": "full"}),
        path="spec.auth.jwt.resolver",
        message="storage is required when type is full",
    ),
    "resolver-interval": Example(
        kept=resolver(interval="1h1.5m"),
        broken=resolver(interval="2 minutes"),
        path="spec.auth.jwt.resolver.interval",
        message="must be a duration such as 30s, 2m or 1h30m",
    ),
    "resolver-volume-size": Example(
        kept=resolver(storage={"resources": {"requests": {"storage": "1Gi"}}}),
        broken=resolver(storage={"resources": {"requests": {"storage": "-1Gi"}}}),
        path="spec.auth.jwt.resolver.storage.resources",
        message="requests.storage must be a whole number of bytes, at least 0 and less than 8Ei",
    ),
    "ca-source": Example(
        kept=cluster({"tlsCA": {}}),
        broken=cluster({"tlsCA": {"secret": KEY, "configMap": KEY}}),
        path="spec.tlsCA",
        message="only one of secret and configMap can be set",
    ),
    "environment-reserved": Example(
        kept=environment("GOMEMLIMIT", "server_name"),
        broken=environment("GOMEMLIMIT", "SERVER_NAME"),
        path="spec.container.env[1]",
        message=(
            "SERVER_NAME and POD_NAME are set by the operator; to change the server name, use config.serverNamePrefix"
        ),
    ),
    "pod-monitor-exporter": Example(
        kept=exporter(enabled=False),
        broken=exporter(podMonitor={"enabled": True}),
        path="spec.promExporter",
        message="the exporter must be enabled when podMonitor is enabled",
    ),
    "disruption-limits": example("number", "both disruption limits"),
    "context-names": Example(
        kept=contexts(**{"Prod: east (…)": {}, "...": {}}),
        broken=contexts(**{"prod": {}, "prod/east": {}}),
        path="spec.contexts",
        message=(
            "context names are used as file names: they must not be '.' or '..', or contain '/' or control characters"
        ),
    ),
    "context-ca-source": Example(
        kept=contexts(prod={"ca": {"secret": KEY}}),
        broken=contexts(**{"prod east": {"ca": {"secret": KEY, "configMap": KEY}}}),
        path="spec.contexts[prod east].ca",
        message="only one of secret and configMap can be set",
    ),
}

REFUSED_BY_TYPES: tuple[tuple[str, Manifest], ...] = (
    ("ports", config(nats={"port": 65536})),
    ("ports", cluster({"service": {"nodePorts": {"nats": -1}}})),
    ("enumerations", cluster({"service": {"type": "Magic"}})),
    ("enumerations", cluster({"podTemplate": {"tolerations": [{"effect": "Never"}]}})),
    ("durations", exporter(enabled=True, podMonitor={"enabled": True, "interval": "1.5s"})),
    ("environment", environment("A", "B", "A")),
    ("dns-names", config(serverNamePrefix="a" * 254)),
    ("servers", cluster({"replicas": 10_001})),
)
"""What no rule but the schema refuses, with the row of refusals that it belongs to."""
