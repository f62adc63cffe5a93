"""The report of a NatsCluster that is being deleted and waits for the deletion of its NACK Accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conclude.seen import changes_in_progress, pod_counts
from natsop_core.conclude.unplanned import facts_in, kept_from
from natsop_core.conditions.deletion import account_user_poll_delay, deletion_blocked
from natsop_core.conditions.steps import delays, refusals
from natsop_core.conditions.summary import summarize
from natsop_core.conditions.workload import available
from natsop_core.kinds import CLUSTERS
from natsop_core.outcomes import Applied, Unchanged
from natsop_core.report import NO_REPORT, Report, earliest_retry, make_report, retries
from natsop_core.requeue import permission_retry_delays, pod_check_delays
from natsop_core.resolve.owner import owner_of

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.api.read import InvalidResource
    from natsop_core.conditions.workload import Workload
    from natsop_core.decision import ClusterDecision
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcomes
    from natsop_core.resolve.deletion import Deletion


def conclude_deleting(
    cr: NatsCluster | InvalidResource,
    workload: Workload,
    decision: ClusterDecision,
    deletion: Deletion,
    inputs: Inputs,
    outcomes: Outcomes,
) -> Report:
    """The report: what blocks the deletion, and the state of the servers, which keep running until it ends."""
    if _is_gone(cr.metadata, outcomes):
        return NO_REPORT
    owner = owner_of(cr.metadata, names.CLUSTER_KIND)
    blocked = deletion_blocked(deletion, has_servers=_has_servers(decision))
    unsettled = changes_in_progress(workload)
    conditions = summarize(
        available(workload, cr.status),
        under_way=[*delays(owner, outcomes), *([blocked.finding] if blocked else []), *unsettled],
        wrong=tuple(refusals(owner, outcomes)),
        pod=workload.pod,
    )
    return make_report(
        [*conditions, *kept_from(cr.status), *([blocked] if blocked else [])],
        {**facts_in(cr.status), **pod_counts(decision.live)},
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *retries(owner, outcomes, cr.status, inputs.now),
            *permission_retry_delays(inputs),
            *pod_check_delays(decision, inputs.now),
            *([account_user_poll_delay(cr.status, inputs.now)] if blocked else []),
        ],
        not_before=earliest_retry(outcomes),
    )


def _is_gone(metadata: Metadata, outcomes: Outcomes) -> bool:
    """Whether the last finalizer was just removed: the plan of a waiting NatsCluster changes nothing else in it."""
    outcome = outcomes.get(CLUSTERS.key(metadata.namespace, metadata.name))
    return metadata.finalizers == (names.ACCOUNTS_FINALIZER,) and isinstance(outcome, Applied | Unchanged)


def _has_servers(decision: ClusterDecision) -> bool:
    return decision.live is not None and "deletionTimestamp" not in decision.live["metadata"]
