"""The report of a NatsCluster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.conclude.accounts import report_accounts
from natsop_core.conclude.certificates import report_certificates
from natsop_core.conclude.deleting import conclude_deleting
from natsop_core.conclude.paused import conclude_paused
from natsop_core.conclude.seen import action_events, changes_in_progress, pod_counts, see
from natsop_core.conclude.unplanned import conclude_invalid, conclude_unplanned
from natsop_core.conditions.awaited import awaited
from natsop_core.conditions.configuration import configuration_conditions
from natsop_core.conditions.expiring import expired, expiring_soon, expiry_delays, next_expiry
from natsop_core.conditions.ignored import fields_ignored
from natsop_core.conditions.integrations import integration_available
from natsop_core.conditions.loaded import configuration_loaded, expected_digests
from natsop_core.conditions.mesh import disconnected, leaderless
from natsop_core.conditions.steps import contests, delays, refusals
from natsop_core.conditions.summary import summarize
from natsop_core.conditions.workload import Workload, available
from natsop_core.decision import ClusterDecision
from natsop_core.frozen import frozen
from natsop_core.kinds import STATEFUL_SETS
from natsop_core.outcomes import Applied, Unchanged
from natsop_core.reloads import reload_errors
from natsop_core.report import NO_REPORT, Event, Report, earliest_retry, make_report, retries
from natsop_core.requeue import (
    INSTALLATION_SECONDS,
    REMOVAL_SECONDS,
    permission_retry_delays,
    pod_check_delays,
    server_poll_delay,
)
from natsop_core.resolve.notices import kept, risks
from natsop_core.resolve.routes import cluster_domain
from natsop_core.servers import servers_by_ordinal, some_did_not_answer, some_were_queried

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conclude.accounts import AccountsReport
    from natsop_core.conclude.certificates import CertificatesReport
    from natsop_core.conditions.awaited import AwaitedConfiguration
    from natsop_core.conditions.condition import Condition
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.findings import Finding
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcome, Outcomes
    from natsop_core.plan import Plan
    from natsop_core.reasons import ReasonName
    from natsop_core.resolve.cluster import ResolvedCluster
    from natsop_core.resolve.types import Cluster
    from natsop_core.servers import Server


def conclude_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """The report of a NatsCluster after its plan was carried out."""
    decision = plan.decision
    if not isinstance(decision, ClusterDecision):
        return NO_REPORT
    key = STATEFUL_SETS.key(cr.metadata.namespace, names.stateful_set(cr.metadata.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = see(decision, inputs, kind="StatefulSet", needed=None, pod="server", just_applied=is_changed)
    if decision.deletion is not None:
        return conclude_deleting(cr, workload, decision, decision.deletion, inputs, outcomes)
    if not isinstance(cr, InvalidResource):
        workload = replace(workload, leaderless=leaderless(decision.servers, _hosts(cr)))
    if cr.metadata.is_paused:
        return conclude_paused(cr, workload, decision, inputs)
    if isinstance(cr, InvalidResource):
        return conclude_invalid(cr, workload, decision, inputs)
    if decision.resolved is None:
        return NO_REPORT
    seen = _seen(cr, decision, decision.resolved, workload, inputs, outcomes)
    if seen is None:
        return conclude_unplanned(cr, workload, decision, decision.resolved.findings, inputs)
    return make_report(
        _cluster_conditions(seen, inputs, outcomes),
        _cluster_facts(seen, decision.live, outcomes.get(key)),
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=_requeue_delays(seen, decision, inputs, outcomes),
        not_before=earliest_retry(outcomes),
        notices=[
            *action_events(seen.cluster.owner, outcomes),
            *(_notices(cr, decision.resolved, seen.cluster) if is_changed else ()),
        ],
    )


@frozen
class _Seen:
    """A cluster that could be planned, and its observed state.

    loaded: whether the servers run its configuration. awaited: the wait for that. accounts, certificates: whether the
    servers have these. unsettled: changes of its pods that are in progress. apart: the servers without routes.
    """

    cr: NatsCluster
    resolved: ResolvedCluster
    cluster: Cluster
    config: EffectiveConfig
    workload: Workload
    servers: tuple[Server, ...]
    loaded: Condition
    awaited: AwaitedConfiguration
    accounts: AccountsReport
    certificates: CertificatesReport
    unsettled: tuple[Finding, ...]
    apart: Finding | None


def _seen(
    cr: NatsCluster,
    decision: ClusterDecision,
    resolved: ResolvedCluster,
    workload: Workload,
    inputs: Inputs,
    outcomes: Outcomes,
) -> _Seen | None:
    cluster, config = resolved.cluster, resolved.config
    if cluster is None or config is None:
        return None
    servers = servers_by_ordinal(cr.metadata, cluster.replicas, decision.servers)
    unsettled = changes_in_progress(workload)
    expected = expected_digests(cluster, config, servers)
    accounts = report_accounts(cluster, decision.resolvers, servers, expected, outcomes)
    certificates = report_certificates(resolved.certificates, config, servers, cr.status, inputs.now)
    waited_for = awaited(cluster, config, cr.status, inputs.now)
    loaded = configuration_loaded(
        servers,
        expected,
        outdated=certificates.outdated,
        age=certificates.age,
        errors=reload_errors(cluster, servers, outcomes),
        pending=waited_for.age(inputs.now),
        rejects=cluster.reloader is not None and not unsettled,
    )
    return _Seen(
        cr=cr,
        resolved=resolved,
        cluster=cluster,
        config=config,
        workload=workload,
        servers=servers,
        loaded=accounts.with_claims(loaded),
        awaited=waited_for,
        accounts=accounts,
        certificates=certificates,
        unsettled=unsettled,
        apart=disconnected(decision.servers, _hosts(cr)),
    )


def _cluster_conditions(seen: _Seen, inputs: Inputs, outcomes: Outcomes) -> list[Condition]:
    owner = seen.cluster.owner
    summary = summarize(
        available(seen.workload, seen.cr.status),
        under_way=[
            *delays(owner, outcomes),
            *seen.unsettled,
            *([seen.apart] if seen.apart else []),
            *_when(seen.loaded, "ReloadPending"),
            *_when(seen.loaded, "ClaimsPending"),
        ],
        wrong=[
            *seen.resolved.findings,
            *refusals(owner, outcomes),
            *contests(outcomes),
            *seen.accounts.wrong,
            *_when(seen.loaded, "ReloadRejected"),
            *expired(seen.resolved.expiries, inputs.now),
        ],
        pod=seen.workload.pod,
    )
    configuration = configuration_conditions(seen.cluster, seen.config)
    integrations = map(integration_available, seen.resolved.integrations)
    expiring = expiring_soon(seen.resolved.expiries, inputs.now)
    return [
        *summary,
        seen.loaded,
        *seen.accounts.conditions,
        *expiring,
        *configuration,
        *fields_ignored(seen.cr, seen.cluster),
        *integrations,
    ]


def _requeue_delays(seen: _Seen, decision: ClusterDecision, inputs: Inputs, outcomes: Outcomes) -> list[float]:
    is_apart = seen.apart is not None or seen.workload.leaderless is not None
    unanswered = some_did_not_answer(seen.servers)
    poll = server_poll_delay(seen.loaded, seen.cr.status, unanswered=unanswered, apart=is_apart, now=inputs.now)
    return [
        *retries(seen.cluster.owner, outcomes, seen.cr.status, inputs.now),
        *permission_retry_delays(inputs),
        *expiry_delays(seen.resolved.expiries, inputs.now),
        *pod_check_delays(decision, inputs.now),
        *([poll] if seen.loaded.status == "False" or some_were_queried(decision.servers) else []),
        *(REMOVAL_SECONDS for _ in seen.accounts.conditions),
        *(INSTALLATION_SECONDS for integration in seen.resolved.integrations if integration.is_awaited),
    ]


def _hosts(cr: NatsCluster) -> str:
    """The host names that the servers use for each other."""
    return f"*.{names.headless_host(cr.metadata.name, cr.metadata.namespace, cluster_domain(cr))}"


def _notices(cr: NatsCluster, resolved: ResolvedCluster, cluster: Cluster) -> list[Event]:
    """The events after the servers were created or changed."""
    return [
        *(Event("Warning", each.reason, each.message, is_passing=True) for each in resolved.allowed_losses),
        *(Event("Normal", each.reason, each.message, is_passing=True) for each in kept(cr, cluster)),
        *(Event("Warning", each.reason, each.message, is_passing=True) for each in risks(cluster)),
    ]


def _when(condition: Condition, reason: ReasonName) -> list[Finding]:
    return [condition.finding] if condition.finding.reason == reason else []


def _cluster_facts(seen: _Seen, live: Mapping[str, Any] | None, outcome: Outcome | None) -> dict[str, Any]:
    """The fields of the status. live, outcome: the StatefulSet, and what became of it."""
    cluster, previous = seen.cluster, seen.cr.status
    versions = {each.version for each in seen.servers if each.version}
    return {
        **pod_counts(live),
        "endpoints": {"client": cluster.client_endpoint, "headless": cluster.headless_endpoint},
        "configMapName": cluster.existing_config.name if cluster.existing_config else names.config_map(cluster.name),
        "version": ", ".join(sorted(versions)) or previous.get("version"),
        **_remembered(cluster, outcome, previous),
        "nextExpiry": next_expiry(seen.resolved.expiries),
        **seen.accounts.facts,
        **seen.certificates.facts,
        "awaitedConfiguration": seen.awaited.values if seen.loaded.status == "False" else None,
    }


def _remembered(cluster: Cluster, outcome: Outcome | None, previous: Mapping[str, Any]) -> dict[str, Any]:
    """The commitments for the status: the planned ones once they are applied, before that the last reported ones."""
    if isinstance(outcome, Applied | Unchanged):
        return {"commitments": cluster.record.values}
    return {field: previous.get(field) for field in ("commitments", "jetStreamReplicas")}
