"""Available and Progressing, from the StatefulSet's or Deployment's own word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from natsop_core.conditions.condition import Check, Condition, first_finding
from natsop_core.findings import Finding


@dataclass(frozen=True, slots=True)
class Workload:
    """A StatefulSet or Deployment as it was seen, or as it is known to be since this very plan has just changed it.

    observed: its controller had seen the latest generation when it was seen. changed: there is a newer one since.
    """

    kind: str
    exists: bool
    observed: bool
    changed: bool
    wanted: int
    needed: int
    pods: int
    ready: int
    current: int
    pod: str


def see_workload(
    kind: str, live: Mapping[str, Any] | None, *, needed: int | None, pod: str, just_applied: bool
) -> Workload:
    """Read a live workload (None: there is none). `needed`: how many ready pods make it available; None: a quorum."""
    if live is None:
        return Workload(kind, just_applied, False, just_applied, 0, 0, 0, 0, 0, pod)
    status = live.get("status", {})
    wanted = live["spec"].get("replicas", 1)
    return Workload(
        kind=kind,
        exists=True,
        observed=status.get("observedGeneration", 0) >= live["metadata"].get("generation", 0),
        changed=just_applied,
        wanted=wanted,
        needed=wanted // 2 + 1 if needed is None else min(needed, wanted),
        pods=status.get("replicas", 0),
        ready=status.get("readyReplicas", 0),
        current=status.get("updatedReplicas", 0),
        pod=pod,
    )


def exists(workload: Workload) -> Finding | None:
    if workload.exists:
        return None
    return Finding("NotCreated", f"There is no {workload.kind} yet.")


def is_observed(workload: Workload) -> Finding | None:
    """Until its controller has seen the latest generation, the numbers in its status are about an older one."""
    return None if workload.observed else _not_observed(workload)


def is_unchanged(workload: Workload) -> Finding | None:
    """What was just applied says the same as it will until its controller has seen it: nothing is written twice."""
    return _not_observed(workload) if workload.changed else None


def _not_observed(workload: Workload) -> Finding:
    return Finding("NotObserved", f"The {workload.kind}'s controller has not seen its latest generation yet.")


def enough_pods_are_ready(workload: Workload) -> Finding | None:
    """Raft needs a majority of servers, whatever their revision: a rolling update is not an outage."""
    if workload.ready >= workload.needed:
        return None
    return Finding(
        "TooFewReady", f"{workload.ready} of {workload.wanted} {workload.pod}s ready; {workload.needed} needed."
    )


def all_pods_are_current(workload: Workload) -> Finding | None:
    if workload.current >= workload.wanted:
        return None
    return Finding("RollingOut", f"{workload.current} of {workload.wanted} {workload.pod}s of the latest revision.")


def no_pod_is_to_go(workload: Workload) -> Finding | None:
    """Until the surplus is gone, the numbers do not tell whether it is the pods that stay which are ready."""
    if workload.pods <= workload.wanted:
        return None
    return Finding("PodsToGo", f"{workload.pods} {workload.pod}s, of which {workload.wanted} are wanted.")


def all_pods_are_ready(workload: Workload) -> Finding | None:
    if workload.ready >= workload.wanted:
        return None
    return Finding("PodsNotReady", f"{workload.ready} of {workload.wanted} {workload.pod}s ready.")


AVAILABLE: Final[tuple[Check[Workload], ...]] = (exists, is_observed, enough_pods_are_ready)

SETTLED: Final[tuple[Check[Workload], ...]] = (
    exists,
    is_observed,
    is_unchanged,
    all_pods_are_current,
    no_pod_is_to_go,
    all_pods_are_ready,
)


def available(workload: Workload) -> Condition:
    """Whether enough pods are ready to serve."""
    lack = first_finding(AVAILABLE, workload)
    if lack is None:
        return Condition(
            "Available",
            "True",
            Finding("EnoughReady", f"{workload.ready} of {workload.wanted} {workload.pod}s ready."),
        )
    return Condition("Available", "False", lack)
