"""The custom resource as it can be granted: where a change is refused, everything else has to go with what stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.rules import CLUSTER_RULES, breaches

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster


def in_force(cr: NatsCluster, replicas: int, *, has_jetstream: bool) -> NatsCluster:
    """The custom resource with this many servers, and with JetStream on or off, whatever it asks for."""
    spec = cr.spec
    if (spec.replicas, spec.config.jetstream.enabled) == (replicas, has_jetstream):
        return cr
    jetstream = spec.config.jetstream.model_copy(update={"enabled": has_jetstream})
    config = spec.config.model_copy(update={"jetstream": jetstream})
    return cr.model_copy(update={"spec": spec.model_copy(update={"replicas": replicas, "config": config})})


def unfit_for_what_stays(wanted: NatsCluster, granted: NatsCluster) -> tuple[Finding, ...]:
    """The rules that only the refused change would have kept: a server would not start with the rest of it alone."""
    if granted is wanted:
        return ()
    return tuple(
        Finding("InvalidSpec", f"With what stays as it is, {breach.path}: {breach.message}. Set that back, too.")
        for breach in breaches(granted, CLUSTER_RULES)
    )
