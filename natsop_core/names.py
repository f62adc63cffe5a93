"""All names of objects, labels, annotations, ports, volumes and mount paths, in one place.

Object names, labels and selectors are those of the Go operator, so that natsop can take over its objects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

API_VERSION: Final = "nats.crewlet.cloud/v1alpha1"
CLUSTER_KIND: Final = "NatsCluster"
BOX_KIND: Final = "NatsBox"

FIELD_MANAGER: Final = "nats-operator"
"""The field manager of everything that the operator applies, and the value of the managed-by label."""

APPLIED_ANNOTATION: Final = "nats.crewlet.cloud/applied"
"""On each object: the hash of the manifest that was applied last, see `drift`."""

RESTART_ANNOTATION: Final = "nats.crewlet.cloud/restart-digest"
"""On the pod template: the digest of the part of nats.conf that needs a restart, see `conf.restart`."""

CHECKSUM_ANNOTATION: Final = "nats.crewlet.cloud/config-checksum"
"""On the pod template, if the user wants it: the digest of all files that the pod reads at start."""

ALLOW_DATA_LOSS_ANNOTATION: Final = "nats.crewlet.cloud/allow-data-loss"
"""On a NatsCluster: allows the changes in its value, such as `replicas=3->1`, although they destroy data."""

PAUSED_ANNOTATION: Final = "nats.crewlet.cloud/paused"
"""On a NatsCluster or NatsBox: while it is "true", the operator only writes its status and events."""

COMMITMENTS_ANNOTATION: Final = "nats.crewlet.cloud/commitments"
"""On the StatefulSet and on its claims: the commitments of the cluster, see `record`."""

REMOVED_ACCOUNTS_ANNOTATION: Final = "nats.crewlet.cloud/removed-accounts"
"""On the Secret with the JWTs: public keys of accounts that were removed from the spec but may be in resolvers."""

OPTIONAL_KINDS_ANNOTATION: Final = "nats.crewlet.cloud/optional-kinds"
"""On the StatefulSet: comma-separated optional kinds (PodMonitor, Account) of which the cluster may have objects."""

ACCOUNTS_FINALIZER: Final = "nats.crewlet.cloud/nack-accounts"
"""On a NatsCluster that has NACK Accounts or is about to get some, see `resolve.accounts_guard`."""

METRICS_PATH: Final = "/metrics"
"""Path of the operator's metrics. Clients need the right to get this non-resource URL."""

CLUSTER_LABEL: Final = "nats.crewlet.cloud/cluster"
MANAGED_BY_LABEL: Final = "app.kubernetes.io/managed-by"

POD_NAME_VARIABLE: Final = "POD_NAME"
SERVER_NAME_VARIABLE: Final = "SERVER_NAME"

CONFIG_KEY: Final = "nats.conf"
CONFIG_FOLDER: Final = "/etc/nats-config"
CONFIG_FILE: Final = f"{CONFIG_FOLDER}/{CONFIG_KEY}"
PID_FOLDER: Final = "/var/run/nats"
PID_FILE: Final = f"{PID_FOLDER}/nats.pid"
DATA_FOLDER: Final = "/data"
RESOLVER_FOLDER: Final = "/data/resolver"
CA_FOLDER: Final = "/etc/nats-ca-cert"
INCLUDES_FOLDER: Final = "/etc/nats-extra"
ROUTES_FOLDER: Final = "/etc/nats-routes"
ROUTES_KEY: Final = "routes.conf"
AUTH_FOLDER: Final = "/etc/nats-auth"
AUTH_KEY: Final = "auth.conf"
PRELOAD_KEY: Final = "resolver_preload.conf"
OPERATOR_KEY: Final = "operator.jwt"
NACK_AUTHORITY_KEY: Final = "ca.crt"
SALT_KEY: Final = "salt"
SYSTEM_USER_KEY: Final = "user.nk"

SERVER_CONTAINER: Final = "nats"
RELOADER_CONTAINER: Final = "reloader"
EXPORTER_CONTAINER: Final = "metrics"
BOX_CONTAINER: Final = "nats-box"

CONFIG_VOLUME: Final = "config"
PID_VOLUME: Final = "pid"
JETSTREAM_VOLUME: Final = "jetstream"
RESOLVER_VOLUME: Final = "resolver"
INCLUDES_VOLUME: Final = "includes"
ROUTES_VOLUME: Final = "routes"
AUTH_VOLUME: Final = "auth"
CA_VOLUME: Final = "ca"
REFERENCES_VOLUME: Final = "references"
CONTEXTS_VOLUME: Final = "contexts"
HOME_VOLUME: Final = "home"
TEMPORARY_VOLUME: Final = "tmp"

CLIENT_PORT: Final = "nats"
ROUTES_PORT: Final = "cluster"
MONITOR_PORT: Final = "monitor"
LEAFNODES_PORT: Final = "leafnodes"
WEBSOCKET_PORT: Final = "websocket"
MQTT_PORT: Final = "mqtt"
GATEWAY_PORT: Final = "gateway"
PROFILING_PORT: Final = "profiling"
METRICS_PORT: Final = "metrics"

DEFAULT_CONTEXT: Final = "default"
SYSTEM_CONTEXT: Final = "system"
SELECTED_CONTEXT_KEY: Final = "context.txt"
CONTEXTS_FOLDER: Final = "/etc/nats-contexts"
REFERENCES_FOLDER: Final = "/etc/nats-references"
"""Credentials, certificates and CAs of a box's contexts: a folder per Secret or ConfigMap, a file per key."""

HOME_FOLDER: Final = "/home/nats"


def is_paused(annotations: Mapping[str, str]) -> bool:
    """Whether these annotations of a custom resource pause the operator for it."""
    return annotations.get(PAUSED_ANNOTATION) == "true"


def is_derived_annotation(name: str) -> bool:
    """Whether an annotation of a created object follows from the rest of it: all of ours are digests and records."""
    return name.startswith("nats.crewlet.cloud/")


def is_ours_in_a_list(name: str) -> bool:
    """Whether a container, volume, mount or port of an object of ours with this name was added by the operator."""
    return name in _NAMES_IN_LISTS


def config_map(cluster: str) -> str:
    return f"{cluster}-config"


def client_service(cluster: str) -> str:
    return cluster


def headless_service(cluster: str) -> str:
    return f"{cluster}-headless"


def headless_host(cluster: str, namespace: str, domain: str) -> str:
    """The DNS name of all servers of a cluster. With `<pod>.` before it, the name of one server."""
    return f"{headless_service(cluster)}.{namespace}.svc.{domain}"


def stateful_set(cluster: str) -> str:
    return cluster


def pod(cluster: str, ordinal: int) -> str:
    return f"{stateful_set(cluster)}-{ordinal}"


def disruption_budget(cluster: str) -> str:
    return f"{cluster}-pdb"


def routes_secret(cluster: str) -> str:
    return f"{cluster}-routes"


def auth_secret(cluster: str) -> str:
    return f"{cluster}-auth"


def salt_secret(cluster: str) -> str:
    """The salt of the digests on a cluster's pods."""
    return f"{cluster}-salt"


def system_secret(cluster: str) -> str:
    """The key of a cluster's system user."""
    return f"{cluster}-system"


def nack_authority_secret(cluster: str) -> str:
    """The copy of a CA from a ConfigMap for NACK, which reads only Secrets."""
    return f"{cluster}-nack-ca"


def service_account(cluster: str) -> str:
    return f"{cluster}-sa"


def websocket_ingress(cluster: str) -> str:
    return f"{cluster}-ws-ingress"


def pod_monitor(cluster: str) -> str:
    return f"{cluster}-podmonitor"


def account(cluster: str, account: str) -> str:
    """The NACK Account of one of the cluster's accounts."""
    return f"{cluster}-{account}"


def certificate_folder(listener: str) -> str:
    """The folder where the certificate and key of a listener are mounted."""
    return f"/etc/nats-certs/{listener}"


def certificate_volume(listener: str) -> str:
    return f"tls-{listener}"


def deployment(box: str) -> str:
    return box


def contexts_secret(box: str) -> str:
    return f"{box}-contexts"


def server_name(pod: str) -> str:
    """The value of the environment variable with the server name, quoted because nats-server parses it like nats.conf.

    Without quotes, a pod name such as `10-0` is not read as a string (nats-server conf/parse.go).
    """
    return f"'{pod}'"


def cluster_selector(cluster: str) -> dict[str, str]:
    """The labels that select a cluster's pods. They can never change, because a StatefulSet's selector cannot."""
    return _selector("nats", cluster)


def box_selector(box: str) -> dict[str, str]:
    """The labels that select a box's pods. The name label separates a box and a cluster with the same name."""
    return _selector("nats-box", box)


def cluster_labels(cluster: str) -> dict[str, str]:
    """The fixed labels of every object of a cluster."""
    return {**cluster_selector(cluster), **_PART_OF_NATS}


def box_labels(box: str) -> dict[str, str]:
    """The fixed labels of every object of a box."""
    return {**box_selector(box), **_PART_OF_NATS}


def _selector(name: str, instance: str) -> dict[str, str]:
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance, CLUSTER_LABEL: instance}


_PART_OF_NATS: Final = {MANAGED_BY_LABEL: FIELD_MANAGER, "app.kubernetes.io/part-of": "nats"}

_PORTS: Final = (
    *(CLIENT_PORT, ROUTES_PORT, MONITOR_PORT, LEAFNODES_PORT, WEBSOCKET_PORT, MQTT_PORT, GATEWAY_PORT),
    *(PROFILING_PORT, METRICS_PORT),
)
_VOLUMES: Final = (
    *(CONFIG_VOLUME, PID_VOLUME, JETSTREAM_VOLUME, RESOLVER_VOLUME, INCLUDES_VOLUME, ROUTES_VOLUME, AUTH_VOLUME),
    *(CA_VOLUME, REFERENCES_VOLUME, CONTEXTS_VOLUME, HOME_VOLUME, TEMPORARY_VOLUME),
    *map(certificate_volume, _PORTS),
)
_CONTAINERS: Final = (SERVER_CONTAINER, RELOADER_CONTAINER, EXPORTER_CONTAINER, BOX_CONTAINER)
_NAMES_IN_LISTS: Final = frozenset((*_PORTS, *_VOLUMES, *_CONTAINERS))
