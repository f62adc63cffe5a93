"""Available and Progressing, from the status of the StatefulSet or Deployment, its pods, and the servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.status import condition_of
from natsop_core.conditions.condition import Check, Condition, first_finding
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.pod_problems import PodProblem, explained

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName


@frozen(kw_only=True)
class Workload:
    """The observed state of a StatefulSet or Deployment.

    pod: the word for one of its pods in messages. observed: its controller has processed the generation that was seen.
    changed: the current plan has just changed it again. problems: why pods do not start.
    leaderless: why the servers cannot elect a leader; None if they can, or if nothing is known.
    """

    kind: str
    pod: str
    exists: bool
    changed: bool = False
    observed: bool = False
    wanted: int = 0
    needed: int = 0
    pods: int = 0
    ready: int = 0
    current: int = 0
    problems: tuple[PodProblem, ...] = ()
    leaderless: Finding | None = None


def see_workload(
    live: Mapping[str, Any] | None, *, kind: str, needed: int | None, pod: str, just_applied: bool
) -> Workload:
    """Read a live workload (None: it does not exist). needed: ready pods that make it available; None: a quorum."""
    found = Workload(kind=kind, pod=pod, exists=live is not None or just_applied, changed=just_applied)
    if live is None:
        return found
    status = live.get("status", {})
    wanted = live["spec"].get("replicas", 1)
    return replace(
        found,
        observed=status.get("observedGeneration", 0) >= live["metadata"].get("generation", 0),
        wanted=wanted,
        needed=wanted // 2 + 1 if needed is None else min(needed, wanted),
        pods=status.get("replicas", 0),
        ready=status.get("readyReplicas", 0),
        current=status.get("updatedReplicas", 0),
    )


def exists(workload: Workload) -> Finding | None:
    if workload.exists:
        return None
    return Finding("NotCreated", f"The {workload.kind} does not exist yet.")


def is_observed(workload: Workload) -> Finding | None:
    """Until its controller has processed the latest generation, the numbers in its status belong to an older one."""
    return None if workload.observed else _not_observed(workload)


def is_unchanged(workload: Workload) -> Finding | None:
    """A workload that was just applied counts as not observed, so that the next status says the same."""
    return _not_observed(workload) if workload.changed else None


def _not_observed(workload: Workload) -> Finding:
    return Finding("NotObserved", f"Kubernetes has not processed the latest change of the {workload.kind} yet.")


def enough_pods_are_ready(workload: Workload) -> Finding | None:
    """Raft needs a majority of servers, whatever their revision: a rolling update is not an outage."""
    if workload.ready >= workload.needed:
        return None
    return _about_pods("TooFewReady", f"{_counted(workload)}; {workload.needed} needed.", workload)


def a_leader_is_known(workload: Workload) -> Finding | None:
    return workload.leaderless


def all_pods_are_current(workload: Workload) -> Finding | None:
    if workload.current >= workload.wanted:
        return None
    running = f"{workload.current} of {workload.wanted} {workload.pod}s run the latest revision."
    return _about_pods("RollingOut", running, workload)


def no_pod_is_to_go(workload: Workload) -> Finding | None:
    """While surplus pods exist, the number of ready pods may include pods that are about to stop."""
    if workload.pods <= workload.wanted:
        return None
    return Finding("PodsToGo", f"{workload.pods} {workload.pod}s exist, and {workload.wanted} are requested.")


def all_pods_are_ready(workload: Workload) -> Finding | None:
    if workload.ready >= workload.wanted:
        return None
    return _about_pods("PodsNotReady", f"{_counted(workload)}.", workload)


def _counted(workload: Workload) -> str:
    return f"{workload.ready} of {workload.wanted} {workload.pod}s ready"


def _about_pods(reason: ReasonName, message: str, workload: Workload) -> Finding:
    return explained(Finding(reason, message), workload.problems)


AVAILABLE: Final[tuple[Check[Workload], ...]] = (exists, is_observed, enough_pods_are_ready, a_leader_is_known)

SETTLED: Final[tuple[Check[Workload], ...]] = (
    exists,
    is_observed,
    is_unchanged,
    all_pods_are_current,
    no_pod_is_to_go,
    all_pods_are_ready,
)


def available(workload: Workload, previous: Mapping[str, Any]) -> Condition:
    """Whether enough pods are ready to serve. Unchanged until Kubernetes has processed the latest change.

    previous: the current status.
    """
    lack = first_finding(AVAILABLE, workload)
    if lack is None:
        return Condition("Available", "True", Finding("EnoughReady", f"{_counted(workload)}."))
    if lack.reason == "NotObserved" and (last := _last(previous)) is not None:
        return last
    return Condition("Available", "False", lack)


def _last(previous: Mapping[str, Any]) -> Condition | None:
    """The last condition of a workload that exists."""
    last = condition_of(previous, "Available")
    if last is None or last.get("reason") == "NotCreated":
        return None
    return Condition("Available", last["status"], Finding(last["reason"], last["message"]))
