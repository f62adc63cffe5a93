"""The parts of a report that both kinds have: the workload, its pods, and the actions just carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from natsop_core.conditions.condition import first_finding
from natsop_core.conditions.steps import adoptions, replacements
from natsop_core.conditions.workload import SETTLED, Workload, see_workload
from natsop_core.decision import BoxDecision, ClusterDecision
from natsop_core.pod_problems import pod_problem
from natsop_core.report import Event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.findings import Finding
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcomes
    from natsop_core.resolve.types import Owner


def see(decision: ClusterDecision | BoxDecision, inputs: Inputs, **of: Any) -> Workload:
    """The workload with the problems of its pods. of: see `see_workload`."""
    claims = decision.claims if isinstance(decision, ClusterDecision) else ()
    by_name = {claim["metadata"]["name"]: claim for claim in claims}
    problems = (pod_problem(pod, by_name, inputs.now) for pod in decision.pods)
    return replace(see_workload(decision.live, **of), problems=tuple(each for each in problems if each))


def changes_in_progress(workload: Workload) -> tuple[Finding, ...]:
    """The change of the pods that is in progress; empty when there is none."""
    finding = first_finding(SETTLED, workload)
    return (finding,) if finding else ()


def pod_counts(live: Mapping[str, Any] | None) -> dict[str, int]:
    """The number of pods and of ready pods, as fields of the status."""
    status = live.get("status", {}) if live else {}
    return {"replicas": status.get("replicas", 0), "readyReplicas": status.get("readyReplicas", 0)}


def action_events(owner: Owner, outcomes: Outcomes) -> list[Event]:
    """The events about actions that were just carried out."""
    done = (*adoptions(owner, outcomes), *replacements(outcomes))
    return [Event("Normal", each.reason, each.message, is_passing=True) for each in done]
