"""The rights that the operator needs, one by one, and the consequences of missing ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from natsop_core.frozen import frozen
from natsop_core.kinds import BOXES, CLUSTERS, CREATED, NACK_ACCOUNTS, SELF_ACCESS_REVIEWS, WATCHED_IN_FULL
from natsop_core.rbac import LOOK, leader_election_role, metrics_reviews, namespaced_role

Object = dict[str, Any]

_WATCHED: Final = frozenset((kind.group, kind.plural) for kind in (CLUSTERS, BOXES, *CREATED, *WATCHED_IN_FULL))

NAMED: Final = 5
"""Maximum number of namespaces in a message."""


class Right(NamedTuple):
    """The right to use a verb on objects of a kind, or on the one with that name. resource: includes a subresource."""

    group: str
    resource: str
    verb: str
    name: str = ""

    @property
    def target(self) -> str:
        """The target for people: natsclusters.nats.crewlet.cloud/status, or leases.coordination.k8s.io mine."""
        resource, slash, subresource = self.resource.partition("/")
        group = f".{self.group}" if self.group else ""
        name = f" {self.name}" if self.name else ""
        return f"{resource}{group}{slash}{subresource}{name}"

    def attributes(self, namespace: str) -> Object:
        """The resourceAttributes of an access review. An empty namespace means all namespaces."""
        resource, _, subresource = self.resource.partition("/")
        attributes = {
            "namespace": namespace,
            "group": self.group,
            "resource": resource,
            "subresource": subresource,
            "verb": self.verb,
            "name": self.name,
        }
        return {key: value for key, value in attributes.items() if value}

    def question(self, namespace: str) -> Object:
        """The SelfSubjectAccessReview for this right. An empty namespace means all namespaces."""
        return {
            "apiVersion": SELF_ACCESS_REVIEWS.api_version,
            "kind": SELF_ACCESS_REVIEWS.kind,
            "spec": {"resourceAttributes": self.attributes(namespace)},
        }


@frozen
class Demand:
    """Rights that are needed in a namespace, or in all (empty). Without the vital ones, nothing works there.

    is_work: the rights are for custom resources and their objects; otherwise the whole process needs them.
    """

    namespace: str
    rights: tuple[Right, ...]
    vital: frozenset[Right]
    is_work: bool = True


@frozen
class Verdict:
    """The consequences of missing rights.

    fatal: why nothing can work; empty if something can. unserved: the namespaces that cannot be watched.
    """

    fatal: str
    unserved: tuple[str, ...]
    warnings: tuple[str, ...]


def demands(
    namespaces: Sequence[str], *, lease: tuple[str, str] | None, reviews: bool, nack: bool
) -> tuple[Demand, ...]:
    """The rights needed in these namespaces, or in all of them if none is given.

    lease: namespace and name of the Lease for leader election. reviews: the operator asks who may read metrics.
    nack: it creates NACK Accounts.
    """
    work = tuple(right for right in rights(namespaced_role("")["rules"]) if nack or right.group != NACK_ACCOUNTS.group)
    vital = frozenset(right for right in work if right.verb in LOOK and (right.group, right.resource) in _WATCHED)
    found = [Demand(namespace, work, vital) for namespace in namespaces or ("",)]
    if lease is not None:
        namespace, name = lease
        election = tuple(rights(leader_election_role(namespace, name)["rules"]))
        found.append(Demand(namespace, election, frozenset(election), is_work=False))
    if reviews:
        found.append(Demand("", tuple(rights(metrics_reviews())), frozenset(), is_work=False))
    return tuple(found)


def rights(rules: Iterable[Mapping[str, Any]]) -> Iterator[Right]:
    """The rights that the rules of a Role grant, one by one."""
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", ("",)):
                    yield from (Right(group, resource, verb, name) for verb in rule["verbs"])


def judge(lacks: Mapping[Demand, Sequence[Right]], user: str) -> Verdict:
    """The consequences of the missing rights. lacks: by demand. user: the name of the operator's user, for messages."""
    missing = {demand: rights for demand, rights in lacks.items() if rights}
    dead = [demand for demand, rights in missing.items() if not demand.vital.isdisjoint(rights)]
    unserved = tuple(demand.namespace for demand in dead if demand.is_work)
    advice = f"grant it to {user}" if user else "grant it to the operator's user"
    work = [demand for demand in lacks if demand.is_work]
    if len(unserved) == len(work) or any(not demand.is_work for demand in dead):
        return Verdict(f"No permission to {_listed(missing)}; {advice}", unserved, ())
    warnings = [
        f"Namespace {demand.namespace} is not served until there is permission to {_rights_text(missing[demand])}: "
        f"{advice}, if the namespace exists"
        for demand in dead
    ]
    partial = {demand: rights for demand, rights in missing.items() if demand not in dead}
    if partial:
        warnings.append(f"No permission to {_listed(partial)}; {advice}: operations that need it fail")
    return Verdict("", unserved, tuple(warnings))


def _listed(missing: Mapping[Demand, Sequence[Right]]) -> str:
    texts = [f"{_rights_text(rights)} {_place(demand.namespace)}" for demand, rights in missing.items()]
    more = f"; and similar rights in {len(texts) - NAMED} more namespaces" if len(texts) > NAMED else ""
    return "; ".join(texts[:NAMED]) + more


def _rights_text(rights: Iterable[Right]) -> str:
    """For example: list, watch secrets; patch natsclusters.nats.crewlet.cloud/status."""
    verbs: dict[str, list[str]] = {}
    for right in rights:
        verbs.setdefault(right.target, []).append(right.verb)
    by_verbs: dict[str, list[str]] = {}
    for resource, named in verbs.items():
        by_verbs.setdefault(", ".join(named), []).append(resource)
    return "; ".join(f"{named} {', '.join(resources)}" for named, resources in by_verbs.items())


def _place(namespace: str) -> str:
    return f"in namespace {namespace}" if namespace else "in all namespaces"
