"""Guards for the servers: their number, their names, their pod management, and where they store data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.guards.guard import Change, Guard, replaced

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments


def _outside_volume(cr: NatsCluster, committed: Commitments) -> Change | None:
    return Change("/data", "container", cr) if committed.stores_outside else None


def _fewer(cr: NatsCluster, committed: Commitments) -> Change | None:
    is_less = cr.spec.config.jetstream.enabled and cr.spec.replicas < committed.replicas
    return _replicas(cr, committed) if is_less else None


def _more_than_one(cr: NatsCluster, committed: Commitments) -> Change | None:
    is_clustered = cr.spec.config.jetstream.enabled and committed.replicas == 1 < cr.spec.replicas
    return _replicas(cr, committed) if is_clustered else None


def _replicas(cr: NatsCluster, committed: Commitments) -> Change:
    kept = replaced(cr, "spec.replicas", committed.replicas)
    return Change(str(cr.spec.replicas), str(committed.replicas), kept)


def _other_names(cr: NatsCluster, committed: Commitments) -> Change | None:
    """A single server may be renamed. If the committed names are unknown, the wanted ones are accepted."""
    wanted, prefix = cr.spec.config.server_name_prefix, committed.server_name_prefix
    is_clustered = cr.spec.config.jetstream.enabled and cr.spec.replicas > 1 and committed.replicas > 1
    if not is_clustered or prefix is None or prefix == wanted:
        return None
    return Change(wanted, prefix, replaced(cr, "spec.config.server_name_prefix", prefix))


def _other_policy(cr: NatsCluster, committed: Commitments) -> Change | None:
    wanted, policy = cr.spec.stateful_set.pod_management_policy, committed.pod_management_policy
    if not committed.has_servers or policy == wanted:
        return None
    return Change(wanted, policy, replaced(cr, "spec.stateful_set.pod_management_policy", policy))


OUTSIDE_VOLUME: Final = Guard(
    name="streams-in-containers",
    reason="DataOutsideVolume",
    find=_outside_volume,
    stays="Pods and configuration are not changed",
    why=(
        "the running servers store their streams in the containers, not on the volumes, and would lose them with their"
        " pods"
    ),
    remedy="Back up the streams.",
    allows="storeDirectory={committed}->{wanted}",
    freezes=True,
)

SERVER_GUARDS: Final = (
    Guard(
        name="no-fewer-servers",
        reason="UnsafeScale",
        find=_fewer,
        stays="The cluster keeps {committed} servers instead of {wanted}",
        why=(
            "removing servers destroys the JetStream streams that only they store, and the remaining servers may"
            " lose their quorum"
        ),
        remedy="Set spec.replicas back to {committed}, or back up the streams.",
        allows="replicas={committed}->{wanted}",
    ),
    Guard(
        name="no-cluster-of-a-lone-server",
        reason="UnsafeScale",
        find=_more_than_one,
        stays="The cluster keeps {committed} server instead of {wanted}",
        why="a single server that becomes part of a JetStream cluster loses its streams",
        remedy="Set spec.replicas back to {committed}, or back up the streams.",
        allows="replicas={committed}->{wanted}",
    ),
    Guard(
        name="server-names-stay",
        reason="ImmutableField",
        find=_other_names,
        stays='spec.config.serverNamePrefix stays "{committed}" instead of "{wanted}"',
        why="it renames the servers, and a JetStream cluster destroys the streams of servers that it does not know",
        remedy=(
            'Set it back to "{committed}". With new names the servers must start without streams: back up the streams,'
            " delete the claims (`kubectl delete pvc --wait=false` with each jetstream-{cluster}-N) and then run"
            " `kubectl delete statefulset {cluster}`."
        ),
        allows="serverNamePrefix={committed}->{wanted}",
    ),
    Guard(
        name="pod-management-stays",
        reason="ImmutableField",
        find=_other_policy,
        stays="spec.statefulSet.podManagementPolicy stays {committed} instead of {wanted}",
        why="Kubernetes cannot change it in an existing StatefulSet",
        remedy=(
            "Set it back, or run `kubectl delete statefulset {cluster} --cascade=orphan`: the operator recreates the"
            " StatefulSet."
        ),
    ),
)
