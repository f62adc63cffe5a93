"""The report of a NatsBox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.conclude.paused import conclude_paused
from natsop_core.conclude.seen import action_events, changes_in_progress, pod_counts, see
from natsop_core.conclude.unplanned import conclude_invalid, conclude_unplanned
from natsop_core.conditions.expiring import expired, expiring_soon, expiry_delays, next_expiry
from natsop_core.conditions.steps import contests, delays, refusals
from natsop_core.conditions.summary import summarize
from natsop_core.conditions.workload import available
from natsop_core.decision import BoxDecision
from natsop_core.kinds import DEPLOYMENTS
from natsop_core.outcomes import Applied
from natsop_core.report import NO_REPORT, Report, earliest_retry, make_report, retries
from natsop_core.requeue import permission_retry_delays, pod_check_delays
from natsop_core.resolve.owner import owner_of

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.conditions.condition import Condition
    from natsop_core.conditions.workload import Workload
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcomes
    from natsop_core.plan import Plan
    from natsop_core.resolve.box import ResolvedBox


def conclude_box(cr: NatsBox | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """The report of a NatsBox after its plan was carried out."""
    decision = plan.decision
    if cr.metadata.deletion_timestamp or not isinstance(decision, BoxDecision):
        return NO_REPORT
    owner = owner_of(cr.metadata, names.BOX_KIND)
    key = DEPLOYMENTS.key(owner.namespace, names.deployment(owner.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = see(decision, inputs, kind="Deployment", needed=1, pod="pod", just_applied=is_changed)
    if cr.metadata.is_paused:
        return conclude_paused(cr, workload, decision, inputs)
    if isinstance(cr, InvalidResource):
        return conclude_invalid(cr, workload, decision, inputs)
    resolved = decision.resolved
    if resolved is None:
        return NO_REPORT
    if resolved.box is None:
        return conclude_unplanned(cr, workload, decision, resolved.findings, inputs)
    return make_report(
        _conditions(cr, resolved, workload, inputs, outcomes),
        {**pod_counts(decision.live), "nextExpiry": next_expiry(resolved.expiries)},
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *retries(owner, outcomes, cr.status, inputs.now),
            *permission_retry_delays(inputs),
            *expiry_delays(resolved.expiries, inputs.now),
            *pod_check_delays(decision, inputs.now),
        ],
        not_before=earliest_retry(outcomes),
        notices=action_events(owner, outcomes),
    )


def _conditions(
    cr: NatsBox, resolved: ResolvedBox, workload: Workload, inputs: Inputs, outcomes: Outcomes
) -> list[Condition]:
    owner = owner_of(cr.metadata, names.BOX_KIND)
    summary = summarize(
        available(workload, cr.status),
        under_way=[*delays(owner, outcomes), *changes_in_progress(workload)],
        wrong=[
            *resolved.findings,
            *refusals(owner, outcomes),
            *contests(outcomes),
            *expired(resolved.expiries, inputs.now),
        ],
        pod=workload.pod,
    )
    return [*summary, *expiring_soon(resolved.expiries, inputs.now)]
