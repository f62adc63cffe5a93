"""The report of a paused custom resource: the current state of its pods, and the last report of everything else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.conclude.seen import changes_in_progress, pod_counts
from natsop_core.conclude.unplanned import facts_in
from natsop_core.conditions.condition import Condition, as_status
from natsop_core.conditions.summary import degraded, progressing, ready
from natsop_core.conditions.workload import available
from natsop_core.findings import Finding
from natsop_core.kinds import BOXES, CLUSTERS
from natsop_core.report import Report, make_report
from natsop_core.requeue import idle_poll_delays, permission_retry_delays, pod_check_delays

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from natsop_core.api.common import Metadata
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conditions.workload import Workload
    from natsop_core.decision import BoxDecision, ClusterDecision
    from natsop_core.inputs import Inputs

_NOT_KEPT: Final = frozenset(("Ready", "Available", "Progressing", "Degraded", "Paused", "DeletionBlocked"))


def conclude_paused(
    cr: NatsCluster | NatsBox | InvalidResource,
    workload: Workload,
    decision: ClusterDecision | BoxDecision,
    inputs: Inputs,
) -> Report:
    """The report. observedGeneration stays the last one carried out: an edit since then is not reported as done."""
    reported = {each["type"]: each for each in cr.status.get("conditions", ())}
    carried_out = cr.status.get("observedGeneration", 0)
    unsettled = changes_in_progress(workload) if workload.exists else ()
    is_available = available(workload, cr.status)
    is_progressing = progressing(unsettled)
    is_degraded = _as_reported(reported["Degraded"]) if "Degraded" in reported else degraded(())
    kept = [_as_reported(each) for type_, each in reported.items() if type_ not in _NOT_KEPT]
    is_ready = ready(is_available, is_progressing, is_degraded, pod=workload.pod)
    report = make_report(
        [is_ready, is_available, is_progressing, is_degraded, *kept],
        {**facts_in(cr.status), **pod_counts(decision.live)},
        cr.status,
        generation=carried_out,
        now=inputs.now,
        requeue_after=[
            *permission_retry_delays(inputs),
            *pod_check_delays(decision, inputs.now),
            *idle_poll_delays(decision, is_available, cr.status, inputs.now),
        ],
    )
    generation = cr.metadata.generation
    paused = Condition("Paused", "True", _paused(cr, carried_out=carried_out))
    added = as_status([paused], cr.status, generation=generation, now=inputs.now)
    status = report.status or {}
    return replace(report, status={**status, "conditions": [*status["conditions"], *added]})


def _paused(cr: NatsCluster | NatsBox | InvalidResource, *, carried_out: int) -> Finding:
    metadata: Metadata = cr.metadata
    kind = cr.kind if isinstance(cr, InvalidResource) else type(cr).__name__
    resource = CLUSTERS if kind == names.CLUSTER_KIND else BOXES
    waits = " The latest edit of the spec is not applied." if metadata.generation != carried_out else ""
    return Finding(
        "Paused",
        f"The operator changes nothing for this {kind}, because of its annotation {names.PAUSED_ANNOTATION}.{waits}"
        f" To resume: kubectl annotate {resource.plural}.{resource.group} {metadata.name} {names.PAUSED_ANNOTATION}-",
    )


def _as_reported(condition: Mapping[str, Any]) -> Condition:
    return Condition(condition["type"], condition["status"], Finding(condition["reason"], condition["message"]))
