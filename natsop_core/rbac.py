"""The RBAC rules of the operator, and of people who use it: only the required rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from natsop_core.kinds import (
    ACCESS_REVIEWS,
    BOXES,
    CLAIMS,
    CLUSTERS,
    CREATED,
    EVENTS,
    LEASES,
    OPTIONAL,
    PODS,
    TOKEN_REVIEWS,
    USING_ACCOUNTS,
    ApiResource,
)
from natsop_core.names import FIELD_MANAGER, METRICS_PATH

Object = dict[str, Any]

LOOK: Final = ("list", "watch")
OWN: Final = ("create", "delete", "get", "list", "patch", "watch")
READ: Final = ("get", "list", "watch")
EDIT: Final = ("create", "delete", "deletecollection", "patch", "update")


def cluster_role() -> Object:
    """For an operator that watches all namespaces, and asks the API server who may read its metrics."""
    return _role("ClusterRole", {"name": FIELD_MANAGER}, [*_work(), *metrics_reviews()])


def metrics_reviews() -> list[Object]:
    """The rules for asking the API server who may read the metrics. Needed to serve metrics over HTTPS."""
    return [_rule(resource, "create") for resource in (TOKEN_REVIEWS, ACCESS_REVIEWS)]


def metrics_reader() -> list[Object]:
    """The rules for clients that read the metrics, such as Prometheus."""
    return [{"nonResourceURLs": [METRICS_PATH], "verbs": ["get"]}]


def viewers() -> list[Object]:
    """The rules for people who may read NatsClusters and NatsBoxes."""
    return [*_for_people(*READ)]


def editors() -> list[Object]:
    """The rules for people who may also change them, but not their status, which only the operator writes."""
    return [*_for_people(*READ, *EDIT)]


def namespaced_role(namespace: str) -> Object:
    """For an operator that watches only some namespaces: it needs this Role in each of them.

    To serve metrics over HTTPS, it also needs the ClusterRole system:auth-delegator.
    """
    return _role("Role", {"name": FIELD_MANAGER, "namespace": namespace}, [*_work()])


def leader_election_role(namespace: str, lease: str = FIELD_MANAGER) -> Object:
    """For leader election with the Lease of that name in the operator's namespace."""
    metadata = {"name": f"{lease}-leader-election", "namespace": namespace}
    named = {**_rule(LEASES, "get", "update"), "resourceNames": [lease]}  # a create request has no resource name
    return _role("Role", metadata, [_rule(LEASES, "create"), named])


def _for_people(*verbs: str) -> Iterator[Object]:
    for resource in (CLUSTERS, BOXES):
        yield _rule(resource, *verbs)
        yield _rule(resource, "get", subresource="status")


def _work() -> Iterator[Object]:
    """The rules for all kinds that the operator reconciles, creates and watches."""
    yield _rule(CLUSTERS, "patch")  # their finalizers, see `accounts_guard`
    for resource in USING_ACCOUNTS:
        yield _rule(resource, "list")  # to name the objects that block the deletion of a NatsCluster
    for resource in (CLUSTERS, BOXES):
        yield _rule(resource, *READ)  # one is read again where its status met a conflict
        yield _rule(resource, "patch", subresource="status")
        yield _rule(resource, "update", subresource="finalizers")  # some API servers check it for blockOwnerDeletion
    for resource in (*CREATED, *OPTIONAL):
        yield _rule(resource, *OWN)
    yield _rule(PODS, *LOOK, "delete")  # pods that cannot start, see `stuck_pods`
    yield _rule(CLAIMS, *LOOK, "patch")  # their annotations outlive the StatefulSet, see `commitments`
    yield _rule(EVENTS, "create")


def _role(kind: str, metadata: Object, rules: list[Object]) -> Object:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _rule(resource: ApiResource, *verbs: str, subresource: str = "") -> Object:
    name = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return {"apiGroups": [resource.group], "resources": [name], "verbs": list(verbs)}
