"""Custom resources that are fine, and ones that are not, for the models' tests and for the real API server's."""

from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]


def cluster(spec: Manifest, *, name: str = "my-nats") -> Manifest:
    return _resource("NatsCluster", spec, name)


def box(spec: Manifest, *, name: str = "my-box") -> Manifest:
    return _resource("NatsBox", spec, name)


def _resource(kind: str, spec: Manifest, name: str) -> Manifest:
    return {"apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def config(**blocks: Any) -> Manifest:
    return cluster({"config": blocks})


def file_store(**fields: Any) -> Manifest:
    return config(jetstream={"enabled": True, "fileStore": fields})


def memory_store(size: object) -> Manifest:
    return config(jetstream={"memoryStore": {"maxSize": size}})


def volume(**fields: Any) -> Manifest:
    return file_store(pvc=fields)


def storage(size: object) -> Manifest:
    return volume(resources={"requests": {"storage": size}})


def domain(name: object) -> Manifest:
    return config(cluster={"routeURLs": {"k8sClusterDomain": name}})


def resources(**fields: Any) -> Manifest:
    return cluster({"container": {"resources": fields}})


QUICK_START = cluster(
    {
        "replicas": 3,
        "image": {"repository": "nats", "tag": "2.12.6-alpine"},
        "container": {"resources": {"requests": {"cpu": "500m", "memory": "2Gi"}}},
        "config": {
            "jetstream": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "100Gi"}}}}}
        },
    }
)
QUICK_START_BOX = box({"clusterRef": {"name": "my-nats"}})

VALID: dict[str, Manifest] = {
    "quick start": QUICK_START,
    "quick start's box": QUICK_START_BOX,
    "nothing but defaults": cluster({}),
    "a box of nothing": box({}),
    "nulls": cluster({"replicas": None, "config": None, "podDisruptionBudget": {"labels": {"a": None}}}),
    "nulls in pass-through types": resources(limits={"cpu": None}, claims=None),
    "longest name": cluster({}, name="a" * 52),
    "longest box name": box({}, name="1" * 63),
    "box name with a dot": box({}, name="my.box"),
    "monitor off": config(monitor={"enabled": False}),
    "monitor off, on the client port": config(monitor={"enabled": False, "port": 4222}),
    "one server, on the route port": config(nats={"port": 6222}),
    "ports swapped": cluster({"replicas": 2, "config": {"nats": {"port": 6222}, "cluster": {"port": 4222}}}),
    "memory store left empty": config(jetstream={"memoryStore": {}}),
    "memory store": config(jetstream={"memoryStore": {"enabled": True, "maxSize": "1.5Gi"}}),
    "checksum instead of reloader": cluster(
        {"reloader": {"enabled": False}, "podTemplate": {"configChecksumAnnotation": True}}
    ),
    "percentage": cluster({"podDisruptionBudget": {"maxUnavailable": "30%"}}),
    "number": cluster({"podDisruptionBudget": {"minAvailable": 2, "unhealthyPodEvictionPolicy": "AlwaysAllow"}}),
    "all of a volume": volume(
        enabled=True,
        accessModes=["ReadWriteOnce"],
        resources={"requests": {"storage": "1Gi"}, "limits": {"storage": 2147483648}},
        storageClassName="fast",
        volumeMode="Filesystem",
        volumeName="pv-1",
        volumeAttributesClassName="gold",
        selector={"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
        dataSource={"kind": "PersistentVolumeClaim", "name": "other"},
        dataSourceRef={"kind": "PersistentVolumeClaim", "name": "other", "namespace": "default"},
    ),
    "volume without size": volume(resources={"limits": {"storage": "1Gi"}}),
    "claims": resources(claims=[{"name": "a"}, {"name": "b", "request": "c"}]),
    "fully qualified domain": domain("Cluster.local."),
    "size as an integer": file_store(maxSize=0),
}

SIZE_MESSAGE = "must be a whole number of bytes, at least 0 and less than 8Ei"
QUANTITY_MESSAGE = "must be a quantity such as 500m, 2Gi or 10"


@dataclass(frozen=True)
class Invalid:
    """A custom resource with one fault. Both we and the API server name `path`; `message` is ours."""

    manifest: Manifest
    path: str
    message: str


INVALID: dict[str, Invalid] = {
    "unknown field": Invalid(cluster({"replica": 3}), "spec.replica", "unknown field"),
    "unknown field that is null": Invalid(config(ports=None), "spec.config.ports", "unknown field"),
    "unknown field in a pass-through type": Invalid(
        resources(limit={}), "spec.container.resources.limit", "unknown field"
    ),
    "unknown field in a list": Invalid(
        resources(claims=[{"name": "a", "kind": "b"}]), "spec.container.resources.claims[0].kind", "unknown field"
    ),
    "no spec": Invalid(cluster(None), "spec", "is required"),  # type: ignore[arg-type]
    "list for an object": Invalid(cluster([]), "spec", "must be an object"),  # type: ignore[arg-type]
    "text for a number": Invalid(cluster({"replicas": "3"}), "spec.replicas", "must be an integer"),
    "boolean for a number": Invalid(cluster({"replicas": True}), "spec.replicas", "must be an integer"),
    "fraction": Invalid(cluster({"replicas": 1.5}), "spec.replicas", "must be an integer"),
    "number for a text": Invalid(cluster({"image": {"tag": 2}}), "spec.image.tag", "must be a string"),
    "number for a label": Invalid(
        cluster({"podDisruptionBudget": {"labels": {"a": 1}}}), "spec.podDisruptionBudget.labels.a", "must be a string"
    ),
    "text for a boolean": Invalid(
        config(monitor={"enabled": "yes"}), "spec.config.monitor.enabled", "must be true or false"
    ),
    "text for a list": Invalid(
        volume(accessModes="ReadWriteOnce"), "spec.config.jetstream.fileStore.pvc.accessModes", "must be a list"
    ),
    "no replicas": Invalid(cluster({"replicas": 0}), "spec.replicas", "must be at least 1"),
    "more routes than a ConfigMap holds": Invalid(
        cluster({"replicas": 10_001}), "spec.replicas", "must be at most 10000"
    ),
    "negative replicas of a box": Invalid(box({"replicas": -1}), "spec.replicas", "must be at least 0"),
    "port too small": Invalid(config(nats={"port": 0}), "spec.config.nats.port", "must be at least 1"),
    "port too large": Invalid(config(monitor={"port": 65536}), "spec.config.monitor.port", "must be at most 65535"),
    "pull policy": Invalid(
        cluster({"image": {"pullPolicy": "Sometimes"}}),
        "spec.image.pullPolicy",
        "must be 'Always', 'IfNotPresent' or 'Never'",
    ),
    "eviction policy": Invalid(
        cluster({"podDisruptionBudget": {"unhealthyPodEvictionPolicy": "Never"}}),
        "spec.podDisruptionBudget.unhealthyPodEvictionPolicy",
        "must be 'AlwaysAllow' or 'IfHealthyBudget'",
    ),
    "access mode": Invalid(
        volume(accessModes=["ReadWriteOnce", "RWX"]),
        "spec.config.jetstream.fileStore.pvc.accessModes[1]",
        "must be 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce' or 'ReadWriteOncePod'",
    ),
    "volume mode": Invalid(
        volume(volumeMode="Tape"),
        "spec.config.jetstream.fileStore.pvc.volumeMode",
        "must be 'Block' or 'Filesystem'",
    ),
    "requirement without operator": Invalid(
        volume(selector={"matchExpressions": [{"key": "a"}]}),
        "spec.config.jetstream.fileStore.pvc.selector.matchExpressions[0].operator",
        "is required",
    ),
    "two claims of one name": Invalid(
        resources(claims=[{"name": "a"}, {"name": "a"}]),
        "spec.container.resources.claims[1]",
        "has the same name as another item",
    ),
    "claim that is null": Invalid(resources(claims=[None]), "spec.container.resources.claims[0]", "must be an object"),
    "no quantity": Invalid(
        resources(requests={"cpu": "two"}), "spec.container.resources.requests.cpu", QUANTITY_MESSAGE
    ),
    "fraction for a quantity": Invalid(
        resources(limits={"cpu": 1.5}), "spec.container.resources.limits.cpu", QUANTITY_MESSAGE
    ),
    "fraction for a number or percentage": Invalid(
        cluster({"podDisruptionBudget": {"minAvailable": 1.5}}),
        "spec.podDisruptionBudget.minAvailable",
        "must be an integer or a string",
    ),
    "cluster name that starts with a digit": Invalid(
        cluster({}, name="1st"),
        "metadata.name",
        "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter and end with a letter or digit",
    ),
    "cluster name with a dot": Invalid(
        cluster({}, name="my.nats"),
        "metadata.name",
        "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter and end with a letter or digit",
    ),
    "long cluster name": Invalid(
        cluster({}, name="a" * 53),
        "metadata.name",
        "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter and end with a letter or digit",
    ),
    "long box name": Invalid(
        box({}, name="a" * 64),
        "metadata.name",
        "must be a lowercase DNS name of at most 63 characters, because it is used as a label value",
    ),
    "neither reloader nor checksum": Invalid(
        cluster({"reloader": {"enabled": False}}),
        "spec",
        "reloader.enabled or podTemplate.configChecksumAnnotation must be true, "
        "otherwise a changed configuration does not reach the servers",
    ),
    "clients and monitor on one port": Invalid(
        config(nats={"port": 8222}),
        "spec",
        "config.nats.port and config.monitor.port are the same: every listener needs a port of its own",
    ),
    "clients and routes on one port": Invalid(
        cluster({"replicas": 3, "config": {"nats": {"port": 6222}}}),
        "spec",
        "config.nats.port and config.cluster.port are the same: every listener needs a port of its own",
    ),
    "routes and metrics on one port": Invalid(
        cluster({"replicas": 2, "config": {"cluster": {"port": 7777}}, "promExporter": {"enabled": True}}),
        "spec",
        "config.cluster.port and promExporter.port are the same: every listener needs a port of its own",
    ),
    "underscore in the domain": Invalid(
        domain("my_cluster"),
        "spec.config.cluster.routeURLs.k8sClusterDomain",
        "must be a DNS name such as cluster.local",
    ),
    "line break after the domain": Invalid(
        domain("cluster.local\n"),
        "spec.config.cluster.routeURLs.k8sClusterDomain",
        "must be a DNS name such as cluster.local",
    ),
    "long domain": Invalid(
        domain("a." * 127), "spec.config.cluster.routeURLs.k8sClusterDomain", "must have at most 253 characters"
    ),
    "negative size": Invalid(file_store(maxSize="-1Gi"), "spec.config.jetstream.fileStore.maxSize", SIZE_MESSAGE),
    "fraction of a byte": Invalid(
        config(jetstream={"memoryStore": {"maxSize": "0.1Gi"}}),
        "spec.config.jetstream.memoryStore.maxSize",
        SIZE_MESSAGE,
    ),
    "volume too large": Invalid(
        storage("8Ei"), "spec.config.jetstream.fileStore.pvc.resources", f"requests.storage {SIZE_MESSAGE}"
    ),
    "memory store without size": Invalid(
        config(jetstream={"memoryStore": {"enabled": True}}),
        "spec.config.jetstream.memoryStore",
        "maxSize is required when the memory store is enabled",
    ),
    "both disruption limits": Invalid(
        cluster({"podDisruptionBudget": {"minAvailable": 1, "maxUnavailable": 1}}),
        "spec.podDisruptionBudget",
        "only one of minAvailable and maxUnavailable can be set",
    ),
}

SIZES: tuple[int | str, ...] = (
    *(0, 5, -1, 2**63 - 2, 2**63 - 1),
    *("0", "-0", "+5", "5.", ".5Ki", "0.5", "1.5Gi", "+1.5Gi", "0.1Gi", "1.2Ti", "1ki", "1K", "", ".", "1 ", "\uff11"),
    *("1m", "1000m", "1u", "1000000u", "1000000000n", "0.001k", "0.0001k", "1.000000001k"),
    *("1e3", "1E3", "1E", "1e-3", "1000e-3", "120e-1", "1e1.5", "1e30", "1e99", "1e100", "0e999", "1e4294967296"),
    *("0.0000000001", "0.9999999999", "8191.99951171875Pi", "4.5Pi", "7.5Ei", "7.999Ei", "8Ei", "100Ei"),
    *("9223372036854775805", "9223372036854775806", "9223372036854775807", "9223372036854775805.0"),
    *("4503599627370497.5", "4503599627370497.0", "9007199254740993.0", "4611686018427387905.50"),
    *("9" * 70, "0" * 64, "0" * 65, "0x10"),
)
"""Quantities around every edge of what a size can be."""
