"""Plan: the steps to carry out for one custom resource, as data."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from natsop_core import names
from natsop_core.actions import Delete
from natsop_core.api.read import InvalidResource
from natsop_core.decision import BoxDecision, ClusterDecision
from natsop_core.drift import stamped
from natsop_core.frozen import frozen
from natsop_core.kinds import CONFIG_MAPS, DEPLOYMENTS, NACK_ACCOUNTS, OPTIONAL, PODS, SECRETS, STATEFUL_SETS
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.lookup import Lookup, NotYet, NotYetError
from natsop_core.mounts import REFERRED_KINDS, referred_to_by
from natsop_core.references import LabelledRef, ObjectKey
from natsop_core.reloads import plan_reloads
from natsop_core.rendering import render_box, render_cluster
from natsop_core.resolve.accounts_guard import guard_accounts, may_have_accounts
from natsop_core.resolve.box import resolve_box
from natsop_core.resolve.children import children_of
from natsop_core.resolve.cluster import resolve_cluster
from natsop_core.resolve.deletion import resolve_deletion
from natsop_core.resolve.existing import claims_of
from natsop_core.resolve.owner import owner_of
from natsop_core.resolver_requests import plan_resolver_requests
from natsop_core.servers import ask_servers
from natsop_core.stuck_pods import pod_to_replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from natsop_core.actions import Action
    from natsop_core.api.common import Metadata
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.inputs import Inputs
    from natsop_core.live import Child
    from natsop_core.rendering import Manifest
    from natsop_core.resolve.types import Cluster, Owner


Objects: TypeAlias = "tuple[Mapping[str, Any], ...]"

_OPTIONAL_KINDS: Final = frozenset(resource.kind for resource in OPTIONAL)


@frozen
class Plan:
    """The steps for one custom resource.

    apply: stamped manifests, in the order of applying (objects that a pod mounts come before the pod).
    keep: children that must not change, for instance all of them while the spec is invalid, and unwanted ones that are
        still in use.
    prune: children to delete: all that the custom resource controls, except `apply` and `keep`.
    actions: other steps, after the applies.
    after: for an object of `apply`, the objects that must be applied first: those that its pods refer to.
    based_on: UIDs of live objects that the plan depends on. If one was deleted or recreated since, its manifest must
        not be applied: a manifest for an existing StatefulSet, which cannot change, is wrong for a new one.
    decision: the data that the plan was made from, for `conclude`; None if there is nothing to report.

    Manifests may contain values of a Secret, so `repr` shows only their names (see `targets`).
    """

    apply: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    keep: tuple[ObjectKey, ...] = ()
    prune: tuple[Child, ...] = ()
    actions: tuple[Action, ...] = ()
    after: Mapping[ObjectKey, tuple[ObjectKey, ...]] = field(default_factory=dict)
    based_on: Mapping[ObjectKey, str] = field(default_factory=dict)
    decision: ClusterDecision | BoxDecision | None = field(default=None, repr=False, compare=False)

    @property
    def targets(self) -> tuple[ObjectKey, ...]:
        """The keys of the objects to apply, in order."""
        return tuple(key_of(manifest) for manifest in self.apply)


def plan_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs) -> Plan | NotYet:
    """The plan for a NatsCluster, or the references to fetch first.

    An invalid or paused one keeps its children; one that is being deleted keeps all except NACK Accounts.
    """
    try:
        return _plan_cluster(cr, Lookup(inputs))
    except NotYetError as error:
        return NotYet(error.references)


def plan_box(cr: NatsBox | InvalidResource, inputs: Inputs) -> Plan | NotYet:
    """The plan for a NatsBox. One that is invalid, paused, being deleted, or without its cluster keeps its children."""
    try:
        return _plan_box(cr, Lookup(inputs))
    except NotYetError as error:
        return NotYet(error.references)


def key_of(manifest: Mapping[str, Any]) -> ObjectKey:
    """The identity of the object that a manifest describes."""
    metadata = manifest["metadata"]
    return ObjectKey(manifest["apiVersion"], manifest["kind"], metadata["namespace"], metadata["name"])


def _plan_cluster(cr: NatsCluster | InvalidResource, lookup: Lookup) -> Plan:
    metadata = cr.metadata
    if metadata.deletion_timestamp:
        return _plan_deletion(metadata, lookup)
    children = lookup.children(children_of(metadata))
    live, pods, claims = _servers(metadata, lookup)
    lookup.settle()
    if metadata.is_paused:
        servers = ask_servers(pods, lookup)
        lookup.settle()
        return _keep_all(children, ClusterDecision(live, pods=pods, servers=servers, claims=claims))
    has_accounts = may_have_accounts(metadata, lookup)
    if isinstance(cr, InvalidResource):
        lookup.settle()
        plan = _keep_all(children, ClusterDecision(live, pods=pods, claims=claims))
        return _with_accounts_guarded(plan, metadata, has_accounts=has_accounts)
    servers = ask_servers(pods, lookup)
    resolved = resolve_cluster(cr, lookup)
    resolvers, requests = plan_resolver_requests(cr, resolved.cluster, pods, servers, lookup)
    reloads = plan_reloads(cr, resolved, pods, servers, lookup.now)
    lookup.settle()
    decision = ClusterDecision(live, resolved, pods, servers, claims, resolvers)
    if resolved.cluster is None or resolved.config is None:
        return _with_accounts_guarded(_keep_all(children, decision), metadata, has_accounts=has_accounts)
    plan = _apply(render_cluster(resolved.cluster, resolved.config), children, decision, resolved.keep)
    plan = replace(
        plan,
        after={**plan.after, **dict(_kept_secrets_first(plan, resolved.cluster))},
        actions=(*_replacements(decision, lookup.now), *resolved.records, *requests, *reloads),
        based_on={_stateful_set(metadata): live["metadata"]["uid"]} if live else {},
    )
    return _with_accounts_guarded(plan, metadata, has_accounts=has_accounts)


def _plan_deletion(metadata: Metadata, lookup: Lookup) -> Plan:
    """Delete only Accounts. Kubernetes deletes the rest with the NatsCluster once the finalizer is removed."""
    children, deletion = lookup.children(children_of(metadata)), resolve_deletion(metadata, lookup)
    if deletion is None:
        lookup.settle()
        return _keep_all(children, None)
    live, pods, claims = _servers(metadata, lookup)
    lookup.settle()
    unused = deletion.unused
    return Plan(
        keep=tuple(child.key for child in children if child not in unused),
        prune=unused,
        actions=guard_accounts(metadata, is_needed=not deletion.is_free),
        decision=ClusterDecision(live, pods=pods, claims=claims, deletion=deletion),
    )


def _servers(metadata: Metadata, lookup: Lookup) -> tuple[Mapping[str, Any] | None, Objects, Objects]:
    """The StatefulSet of a NatsCluster, its pods and its claims."""
    live = _ours(_stateful_set(metadata), owner_of(metadata, names.CLUSTER_KIND), lookup)
    return live, _pods(metadata, names.cluster_selector(metadata.name), lookup), claims_of(metadata, lookup)


def _stateful_set(metadata: Metadata) -> ObjectKey:
    return STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name))


def _with_accounts_guarded(plan: Plan, metadata: Metadata, *, has_accounts: bool) -> Plan:
    """The plan with the finalizer set or removed. No Account is created before the finalizer is set."""
    accounts = tuple(key_of(each) for each in plan.apply if each["kind"] == NACK_ACCOUNTS.kind)
    guard = guard_accounts(metadata, is_needed=has_accounts or bool(accounts))
    if not guard:
        return plan
    first = tuple(action.key for action in guard)
    after = {account: (*first, *plan.after.get(account, ())) for account in accounts}
    return replace(plan, actions=(*plan.actions, *guard), after={**plan.after, **after})


def _kept_secrets_first(plan: Plan, cluster: Cluster) -> Iterator[tuple[ObjectKey, tuple[ObjectKey, ...]]]:
    """Store generated secrets before they are used; otherwise the next plan would generate others.

    Another salt would restart the pods once more, and another key would leave the servers with a key that is lost.
    """
    namespace, name = cluster.namespace, cluster.name
    for kept, secret, user in (
        (cluster.salt, names.salt_secret(name), STATEFUL_SETS.key(namespace, names.stateful_set(name))),
        (cluster.system_user, names.system_secret(name), CONFIG_MAPS.key(namespace, names.config_map(name))),
    ):
        key = SECRETS.key(namespace, secret)
        if kept and kept.is_ours and key in plan.targets:
            yield user, (key, *plan.after.get(user, ()))


def _plan_box(cr: NatsBox | InvalidResource, lookup: Lookup) -> Plan:
    metadata = cr.metadata
    children = lookup.children(children_of(metadata))
    if metadata.deletion_timestamp:
        lookup.settle()
        return _keep_all(children, None)
    live = _ours(
        DEPLOYMENTS.key(metadata.namespace, names.deployment(metadata.name)),
        owner_of(metadata, names.BOX_KIND),
        lookup,
    )
    pods = _pods(metadata, names.box_selector(metadata.name), lookup)
    if isinstance(cr, InvalidResource) or metadata.is_paused:
        lookup.settle()
        return _keep_all(children, BoxDecision(live, pods=pods))
    resolved = resolve_box(cr, lookup)
    decision = BoxDecision(live, resolved, pods)
    if resolved.box is None:
        return _keep_all(children, decision)
    return _apply(render_box(resolved.box), children, decision)


def _replacements(decision: ClusterDecision, now: datetime) -> tuple[Action, ...]:
    stuck = pod_to_replace(decision.live, decision.pods, now) if decision.live else None
    if stuck is None:
        return ()
    metadata = stuck["metadata"]  # items of a list have no kind
    return (Delete(PODS.key(metadata["namespace"], metadata["name"]), metadata["uid"]),)


def _ours(key: ObjectKey, owner: Owner, lookup: Lookup) -> Mapping[str, Any] | None:
    """The live workload, unless its name is taken by someone else."""
    live = lookup.readable(key)
    return live if live and is_ours(reduce_metadata(live["metadata"]), owner) else None


def _pods(metadata: Metadata, selector: Mapping[str, str], lookup: Lookup) -> Objects:
    """The pods that the selector selects, which separates a cluster and a box with the same name."""
    value = selector[names.CLUSTER_LABEL]
    labelled = lookup.labelled(LabelledRef(PODS.api_version, PODS.kind, metadata.namespace, value))
    return tuple(pod for pod in labelled if selector.items() <= pod["metadata"].get("labels", {}).items())


def _keep_all(children: Iterable[Child], decision: ClusterDecision | BoxDecision | None) -> Plan:
    return Plan(keep=tuple(child.key for child in children), decision=decision)


def _apply(
    manifests: Iterable[Manifest],
    children: Iterable[Child],
    decision: ClusterDecision | BoxDecision,
    keep: tuple[ObjectKey, ...] = (),
) -> Plan:
    wanted = {key: manifest for manifest in manifests if (key := key_of(manifest)) not in keep}
    unwanted = tuple(child for child in children if child.key not in keep and child.key not in wanted)
    in_use = _in_use(unwanted, decision)
    return Plan(
        apply=tuple(map(stamped, wanted.values())),
        keep=(*keep, *(child.key for child in unwanted if child.key in in_use)),
        prune=tuple(child for child in unwanted if child.key not in in_use),
        after=_order(wanted),
        decision=decision,
    )


def _in_use(unwanted: Sequence[Child], decision: ClusterDecision | BoxDecision) -> frozenset[ObjectKey]:
    """The objects that pods or the current pod template still refer to: without them, no pod can start again."""
    if not any(child.key.kind in REFERRED_KINDS for child in unwanted):
        return frozenset()
    namespace = unwanted[0].key.namespace
    template = [decision.live["spec"]["template"]] if decision.live else []
    return frozenset().union(*(referred_to_by(pod["spec"], namespace) for pod in (*decision.pods, *template)))


def _order(manifests: Mapping[ObjectKey, Manifest]) -> dict[ObjectKey, tuple[ObjectKey, ...]]:
    """Apply objects before the pods that refer to them: otherwise a pod may start with an older version of them.

    An object of an optional kind must be recorded on the StatefulSet before it is created.
    """
    workloads = tuple(key for key in manifests if key.kind == STATEFUL_SETS.kind)
    order = {key: workloads for key in manifests if key.kind in _OPTIONAL_KINDS}
    for key, manifest in manifests.items():
        if pod := manifest.get("spec", {}).get("template", {}).get("spec"):
            needed = referred_to_by(pod, key.namespace)
            order[key] = tuple(each for each in manifests if each in needed)
    return order
