"""Resolves the routes between the servers of a cluster, and their credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.references import KeyReference
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.referred import find
from natsop_core.resolve.types import Folder, RouteCredentials, Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.kubernetes.types import Volume
    from natsop_core.lookup import Lookup

FIELD: Final = "spec.config.cluster.routeURLs.authSecretRef"
UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
"""The bytes that need no encoding anywhere in a URL (RFC 3986)."""


def credential_references(cr: NatsCluster) -> tuple[KeyReference, ...]:
    """The references to user and password, in this order; none without routes or without credentials."""
    reference = cr.spec.config.cluster.route_urls.auth_secret_ref
    if reference is None:
        return ()
    return tuple(
        KeyReference("Secret", cr.metadata.namespace, reference.name, key, FIELD) for key in ("user", "password")
    )


def resolve_routes(cr: NatsCluster, replicas: int, lookup: Lookup) -> Answer[Routes | None]:
    """The routes, one URL per server; None for a single server."""
    if replicas == 1:
        return Answer(None)
    found = _credentials(cr, lookup)
    urls = tuple(_urls(cr, replicas, found.value))
    routes = Routes(cr.spec.config.cluster.no_advertise, urls, found.value)
    return Answer(routes, found.findings, blocks=found.blocks)


def routes_folder(cr: NatsCluster, routes: Routes | None) -> Folder | None:
    """The folder for routes with credentials; None if the routes are in nats.conf itself."""
    if routes is None or routes.credentials is None:
        return None
    volume: Volume = {"name": names.ROUTES_VOLUME, "secret": {"secretName": names.routes_secret(cr.metadata.name)}}
    return Folder(volume, names.ROUTES_FOLDER, (names.ROUTES_KEY,))


def _credentials(cr: NatsCluster, lookup: Lookup) -> Answer[RouteCredentials | None]:
    """User and password. They must not be empty: nats-server would silently disable authentication (auth.go)."""
    values, findings = [], []
    for reference in credential_references(cr):
        found = find(reference, lookup)
        if isinstance(found, Finding):
            findings.append(found)
        elif not found:
            findings.append(
                Finding(
                    "KeyEmpty",
                    f"Secret {reference.name}, which {FIELD} refers to, has an empty key {reference.key}; set it.",
                )
            )
        else:
            values.append(found.decode("utf-8", "surrogateescape"))
    if findings or not values:
        return Answer(None, tuple(findings), blocks=True)
    return Answer(RouteCredentials(*values))


def _urls(cr: NatsCluster, replicas: int, credentials: RouteCredentials | None) -> Iterator[str]:
    cluster = cr.spec.config.cluster
    scheme = "tls" if cluster.tls.enabled else "nats"
    userinfo = f"{_encoded(credentials.user)}:{_encoded(credentials.password)}@" if credentials else ""
    host = names.headless_host(cr.metadata.name, cr.metadata.namespace, cluster_domain(cr))
    for ordinal in range(replicas):
        yield f"{scheme}://{userinfo}{names.pod(cr.metadata.name, ordinal)}.{host}:{cluster.port}"


def cluster_domain(cr: NatsCluster) -> str:
    """The DNS domain of the Kubernetes cluster, without a trailing dot."""
    return cr.spec.config.cluster.route_urls.k8s_cluster_domain.rstrip(".")


def _encoded(text: str) -> str:
    encoded = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in encoded)
