"""What both kinds of custom resources report alike: their workload, its pods, and what was just done."""

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
    """The workload with what keeps its pods from starting. of: as of `see_workload`."""
    claims = decision.claims if isinstance(decision, ClusterDecision) else ()
    by_name = {claim["metadata"]["name"]: claim for claim in claims}
    problems = (pod_problem(pod, by_name, inputs.now) for pod in decision.pods)
    return replace(see_workload(decision.live, **of), problems=tuple(each for each in problems if each))


def what_is_unsettled(workload: Workload) -> tuple[Finding, ...]:
    """What of its pods is still under way; empty when nothing is."""
    finding = first_finding(SETTLED, workload)
    return (finding,) if finding else ()


def pod_counts(live: Mapping[str, Any] | None) -> dict[str, int]:
    """How many pods there are, and how many are ready, as the status tells it."""
    status = live.get("status", {}) if live else {}
    return {"replicas": status.get("replicas", 0), "readyReplicas": status.get("readyReplicas", 0)}


def what_was_done(owner: Owner, outcomes: Outcomes) -> list[Event]:
    """What the user hears of what was just carried out."""
    done = (*adoptions(owner, outcomes), *replacements(outcomes))
    return [Event("Normal", each.reason, each.message, is_passing=True) for each in done]
