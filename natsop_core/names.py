"""Every name, label, port name and mount path, once.

Object names, labels and selectors are those of the Go operator, so that natsop takes over what that one made.
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
"""On each object: the hash of what was applied last, see `drift`."""

RESTART_ANNOTATION: Final = "nats.crewlet.cloud/restart-digest"
"""On the pod template: the digest of the part of nats.conf that only a restart changes, see `conf.restart`."""

CHECKSUM_ANNOTATION: Final = "nats.crewlet.cloud/config-checksum"
"""On the pod template, where asked for: the digest of all that the pod reads at start."""

ALLOW_DATA_LOSS_ANNOTATION: Final = "nats.crewlet.cloud/allow-data-loss"
"""On a NatsCluster: lets the changes through that it names, such as `replicas=3->1`, though they destroy data."""

PAUSED_ANNOTATION: Final = "nats.crewlet.cloud/paused"
"""On a NatsCluster or NatsBox: while it is "true", the operator writes nothing for it but its status and events."""

COMMITMENTS_ANNOTATION: Final = "nats.crewlet.cloud/commitments"
"""On the StatefulSet and on its claims: what running servers and their data bind us to, see `record`."""

REMOVED_ACCOUNTS_ANNOTATION: Final = "nats.crewlet.cloud/removed-accounts"
"""On the Secret with the JWTs: public keys of accounts that were removed from the spec and that resolvers may keep."""

OPTIONAL_KINDS_ANNOTATION: Final = "nats.crewlet.cloud/optional-kinds"
"""On the StatefulSet: the kinds of others (PodMonitor, Account) of which the cluster may have objects, by commas."""

ACCOUNTS_FINALIZER: Final = "nats.crewlet.cloud/nack-accounts"
"""On a NatsCluster: it has NACK Accounts, or is about to have some, see `resolve.accounts_guard`."""

METRICS_PATH: Final = "/metrics"
"""Where the operator serves its metrics, and what whoever reads them must be allowed to get."""

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
    """Whether a person has asked the operator to change nothing for a custom resource with these annotations."""
    return annotations.get(PAUSED_ANNOTATION) == "true"


def is_derived_annotation(name: str) -> bool:
    """Whether an annotation of an object that we make only follows from the rest: all of ours are digests and notes."""
    return name.startswith("nats.crewlet.cloud/")


def config_map(cluster: str) -> str:
    return f"{cluster}-config"


def client_service(cluster: str) -> str:
    return cluster


def headless_service(cluster: str) -> str:
    return f"{cluster}-headless"


def headless_host(cluster: str, namespace: str, domain: str) -> str:
    """The DNS name of all servers of a cluster; `<pod>.` before it is that of one."""
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
    """The copy of a CA from a ConfigMap, for NACK, which reads Secrets only."""
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
    """Where a listener's certificate and key are mounted."""
    return f"/etc/nats-certs/{listener}"


def certificate_volume(listener: str) -> str:
    return f"tls-{listener}"


def deployment(box: str) -> str:
    return box


def contexts_secret(box: str) -> str:
    return f"{box}-contexts"


def server_name(pod: str) -> str:
    """The value of a server's name in its environment, quoted because nats-server parses it like its configuration.

    Unquoted, a pod named `10-0` would be read as something else than a string (nats-server conf/parse.go).
    """
    return f"'{pod}'"


def cluster_selector(cluster: str) -> dict[str, str]:
    """The labels that select a cluster's pods. A StatefulSet's selector cannot change: these are for ever."""
    return _selector("nats", cluster)


def box_selector(box: str) -> dict[str, str]:
    """The labels that select a box's pods; the name label keeps a box and a cluster of one name apart."""
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
