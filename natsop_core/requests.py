"""Builds requests to the servers of a cluster: their addresses, credentials and TLS settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.actions import Request, RequestKey, RequestTls
from natsop_core.frozen import frozen
from natsop_core.servers import port_of, running_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from natsop_core.actions import Credentials
    from natsop_core.resolve.types import Cluster


@frozen
class NoRequest:
    """No request can be sent. because: a sentence that says why and, if a person can change that, what to do."""

    because: str


def request_to(
    cluster: Cluster,
    pods: Iterable[Mapping[str, Any]],
    credentials: Credentials,
    *,
    name: str,
    subject: str,
    payload: bytes = b"",
) -> Request | NoRequest:
    """A request to the first of these pods of the cluster that can be reached. name: see `RequestKey`."""
    client = cluster.listener(names.CLIENT_PORT)
    if client and client.tls and client.tls.verify:
        return NoRequest(
            "spec.config.nats.tls.verify requires a client certificate, which the operator does not have; disable it."
        )
    servers = tuple(_addresses(pods))
    if not servers:
        return NoRequest("No pod of the cluster is running.")
    return Request(
        RequestKey(cluster.namespace, cluster.name, name),
        servers,
        subject,
        payload,
        credentials,
        _tls(cluster) if client and client.tls else None,
    )


def _addresses(pods: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for server in filter(None, map(running_server, pods)):
        host, container = server
        if port := port_of(container, names.CLIENT_PORT):
            yield f"nats://[{host}]:{port}" if ":" in host else f"nats://{host}:{port}"


def _tls(cluster: Cluster) -> RequestTls:
    """Certificates have the host name that a NatsBox uses (docs/examples/tls-everywhere.yaml), not pod addresses."""
    host = names.headless_host(cluster.name, cluster.namespace, cluster.domain)
    authorities = next((folder for folder in cluster.folders if folder.path == names.CA_FOLDER), None)
    return RequestTls(host, b"\n".join(authorities.contents.values()) if authorities else b"")
