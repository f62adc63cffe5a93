"""Finds fields of a NatsCluster that have no effect, because a field that they depend on is disabled or differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.listeners import LISTENERS
from natsop_core.resolve.services import WITH_NODE_PORTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.auth import JwtSpec
    from natsop_core.api.natscluster import NatsCluster, NatsClusterSpec
    from natsop_core.api.workload import ServiceSpec
    from natsop_core.resolve.types import Cluster


def without_effect(cr: NatsCluster, cluster: Cluster) -> tuple[str, ...]:
    """A message for each field that has no effect: the field, the reason and the remedy."""
    spec = cr.spec
    jwt = _of_jwt(spec.auth.jwt) if spec.auth.jwt else ()
    return (*_of_service(spec), *_of_ingress(spec), *jwt, *_of_system_user(spec, cluster))


def _of_service(spec: NatsClusterSpec) -> Iterator[str]:
    service = spec.service
    if not service.enabled:
        if _says_how_it_is_reached(service):
            yield "spec.service is disabled, so its other fields have no effect: enable it"
        return
    yield from _of_type(service)
    yield from _of_ports(spec)
    if service.type in WITH_NODE_PORTS:
        yield from _of_node_ports(spec)


def _says_how_it_is_reached(service: ServiceSpec) -> bool:
    return bool(service.node_ports or service.external_traffic_policy or service.load_balancer_class)


def _of_type(service: ServiceSpec) -> Iterator[str]:
    if service.type not in WITH_NODE_PORTS:
        for field, value in (
            ("nodePorts", service.node_ports),
            ("externalTrafficPolicy", service.external_traffic_policy),
        ):
            if value:
                yield f"spec.service.{field} needs spec.service.type NodePort or LoadBalancer"
    if service.load_balancer_class and service.type != "LoadBalancer":
        yield "spec.service.loadBalancerClass needs spec.service.type LoadBalancer"


def _of_ports(spec: NatsClusterSpec) -> Iterator[str]:
    for row in LISTENERS:
        if row.service_port and row.service_port(spec).enabled and not row.listens(spec):
            yield f"spec.service.ports.{row.name} needs the listener spec.{row.path}, which is disabled: enable it"


def _of_node_ports(spec: NatsClusterSpec) -> Iterator[str]:
    rows = {row.name: row for row in LISTENERS if row.service_port}
    for name in sorted(spec.service.node_ports):
        row = rows.get(name)
        if row is None:
            yield f"spec.service.nodePorts.{name} is not a listener: use one of {', '.join(rows)}"
        elif not row.listens(spec) or not row.is_published(spec):
            yield (
                f"spec.service.nodePorts.{name} is for a port that the Service does not have: enable spec.{row.path}"
                f" and spec.service.ports.{name}"
            )


def _of_ingress(spec: NatsClusterSpec) -> Iterator[str]:
    if spec.config.websocket.ingress.enabled and not spec.config.websocket.enabled:
        yield "spec.config.websocket.ingress needs spec.config.websocket.enabled"


def _of_system_user(spec: NatsClusterSpec, cluster: Cluster) -> Iterator[str]:
    if not spec.auth.system_user.enabled or cluster.system_user:
        return
    if spec.auth.jwt:
        where = "spec.auth.jwt defines the accounts"
    elif spec.config_map.existing_name:
        where = f"ConfigMap {spec.config_map.existing_name} replaces the whole configuration"
    else:
        where = "an included file defines accounts or authentication"
    yield f"spec.auth.systemUser.enabled cannot be combined with other accounts, but {where}: set it to false"


def _of_jwt(jwt: JwtSpec) -> Iterator[str]:
    resolver = jwt.resolver
    if resolver.type == "memory":
        for field, value in (
            ("storage", resolver.storage),
            ("allowDelete", resolver.allow_delete),
            ("interval", resolver.interval),
        ):
            if value:
                yield f"spec.auth.jwt.resolver.{field} needs spec.auth.jwt.resolver.type full"
    last = {account.public_key: account.name for account in jwt.accounts}
    for account in jwt.accounts:
        if last[account.public_key] != account.name:
            yield (
                f"spec.auth.jwt.accounts[{account.name}] has the same publicKey as"
                f" accounts[{last[account.public_key]}], whose jwt is used: remove one of them"
            )
