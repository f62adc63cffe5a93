"""The report of a custom resource for which nothing could be planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core.conclude.seen import changes_in_progress, pod_counts
from natsop_core.conditions.condition import Condition
from natsop_core.conditions.expiring import TYPE as EXPIRING
from natsop_core.conditions.integrations import INTEGRATION_CONDITIONS
from natsop_core.conditions.summary import summarize
from natsop_core.conditions.waiting import wait_for_missing
from natsop_core.conditions.workload import Workload, available
from natsop_core.findings import Finding
from natsop_core.report import Report, make_report
from natsop_core.requeue import idle_poll_delays, permission_retry_delays, pod_check_delays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.api.read import InvalidResource
    from natsop_core.decision import BoxDecision, ClusterDecision
    from natsop_core.inputs import Inputs


def conclude_invalid(
    cr: InvalidResource, workload: Workload, decision: ClusterDecision | BoxDecision, inputs: Inputs
) -> Report:
    """The report of a custom resource with an invalid spec."""
    problems = "; ".join(str(problem) for problem in cr.problems)
    return conclude_unplanned(cr, workload, decision, [Finding("InvalidSpec", f"{problems}.")], inputs)


def conclude_unplanned(
    cr: NatsCluster | NatsBox | InvalidResource,
    workload: Workload,
    decision: ClusterDecision | BoxDecision,
    findings: Sequence[Finding],
    inputs: Inputs,
) -> Report:
    """The report when nothing could be planned: objects are unchanged, and so is the rest of the status."""
    waiting = wait_for_missing(() if workload.exists else findings, cr.status, inputs.now)
    unsettled = changes_in_progress(workload) if workload.exists else ()
    is_available = available(workload, cr.status)
    conditions = summarize(
        is_available,
        under_way=[*unsettled, *waiting.awaited],
        wrong=findings if workload.exists else waiting.wrong,
        pod=workload.pod,
    )
    return make_report(
        [*conditions, *kept_from(cr.status)],
        {**facts_in(cr.status), **pod_counts(decision.live)},
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *permission_retry_delays(inputs),
            *pod_check_delays(decision, inputs.now),
            *idle_poll_delays(decision, is_available, cr.status, inputs.now),
            *([waiting.requeue_after] if waiting.requeue_after is not None else []),
        ],
    )


def facts_in(status: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the last status that are no conditions."""
    return {field: value for field, value in status.items() if field not in {"observedGeneration", "conditions"}}


def kept_from(status: Mapping[str, Any]) -> list[Condition]:
    """The last conditions about expiry and about integrations, which are needed to find the objects of these."""
    kept = {*INTEGRATION_CONDITIONS, EXPIRING}
    conditions = (each for each in status.get("conditions", ()) if each["type"] in kept)
    return [Condition(each["type"], each["status"], Finding(each["reason"], each["message"])) for each in conditions]
