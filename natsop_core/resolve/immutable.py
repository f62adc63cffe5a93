"""Settings that cannot change under running servers: Kubernetes forbids it, or it would destroy their data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from natsop_core.findings import Finding

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.resolve.live_cluster import LiveCluster


@dataclass(frozen=True, slots=True)
class Immutable:
    """The values in force, and what of the wanted ones was refused."""

    pod_management_policy: str
    server_name_prefix: str
    findings: tuple[Finding, ...]


def resolve_immutable(cr: NatsCluster, live: LiveCluster | None, replicas: int, *, has_jetstream: bool) -> Immutable:
    """The wanted values for new servers, the live ones where running servers have others."""
    policy: str = cr.spec.stateful_set.pod_management_policy
    prefix = cr.spec.config.server_name_prefix
    findings = []
    if live is not None and live.pod_management_policy != policy:
        findings.append(_policy(cr.metadata.name, live.pod_management_policy))
        policy = live.pod_management_policy
    if live is not None and live.server_name_prefix != prefix and has_jetstream and replicas > 1:
        findings.append(_prefix(live.server_name_prefix))
        prefix = live.server_name_prefix
    return Immutable(policy, prefix, tuple(findings))


def _policy(name: str, live: str) -> Finding:
    return Finding(
        "ImmutableField",
        f"Kubernetes does not let spec.statefulSet.podManagementPolicy change; it stays {live}. Set it back, or run"
        f" `kubectl delete statefulset {name} --cascade=orphan` to have the StatefulSet made anew.",
    )


def _prefix(live: str) -> Finding:
    """A clustered JetStream knows its servers by their names: with others, it deletes what they store."""
    return Finding(
        "ImmutableField",
        "Another spec.config.serverNamePrefix renames the servers, and a JetStream cluster destroys the streams of"
        f' servers that it does not know; it stays "{live}". Set it back.',
    )
