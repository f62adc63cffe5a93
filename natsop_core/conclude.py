"""Conclusions: from a custom resource, what was seen of it, its plan and the outcomes to the report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.conditions.condition import Condition, first_finding, lasted
from natsop_core.conditions.configuration import configuration_conditions
from natsop_core.conditions.ignored import fields_ignored
from natsop_core.conditions.integrations import INTEGRATION_CONDITIONS, integration_available
from natsop_core.conditions.loaded import TYPE as LOADED
from natsop_core.conditions.loaded import configuration_loaded
from natsop_core.conditions.mesh import disconnected, leaderless
from natsop_core.conditions.steps import adoptions, contests, delays, refusals, replacements
from natsop_core.conditions.summary import summarize
from natsop_core.conditions.waiting import wait_for_missing
from natsop_core.conditions.workload import SETTLED, Workload, available, see_workload
from natsop_core.decision import BoxDecision, ClusterDecision
from natsop_core.findings import Finding
from natsop_core.kinds import DEPLOYMENTS, STATEFUL_SETS
from natsop_core.look_again import INSTALLATION_SECONDS, asks_again, looks_at_pods, rereads
from natsop_core.outcomes import Applied, Unchanged
from natsop_core.pod_problems import pod_problem
from natsop_core.report import NOBODY_TO_TELL, Event, Report, make_report, retries, too_soon
from natsop_core.resolve.notices import kept, risky
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.routes import cluster_domain
from natsop_core.servers import servers_by_ordinal, some_did_not_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.digest import Unknown
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcome, Outcomes
    from natsop_core.plan import Plan
    from natsop_core.reasons import ReasonName
    from natsop_core.resolve.cluster import ResolvedCluster
    from natsop_core.resolve.types import Cluster, Owner
    from natsop_core.servers import Server


def conclude_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """What the user of a NatsCluster gets to see, once its plan was carried out."""
    decision = plan.decision
    if cr.metadata.deletion_timestamp or not isinstance(decision, ClusterDecision):
        return NOBODY_TO_TELL
    owner = owner_of(cr.metadata, names.CLUSTER_KIND)
    key = STATEFUL_SETS.key(owner.namespace, names.stateful_set(owner.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = _see(decision, inputs, kind="StatefulSet", needed=None, pod="server", just_applied=is_changed)
    if isinstance(cr, InvalidResource):
        return _conclude_invalid(cr, workload, decision, inputs)
    resolved = decision.resolved
    if resolved is None:
        return NOBODY_TO_TELL
    hosts = f"*.{names.headless_host(owner.name, owner.namespace, cluster_domain(cr))}"
    workload = replace(workload, leaderless=leaderless(decision.servers, hosts))
    if resolved.cluster is None or resolved.config is None:
        return _conclude_unplanned(cr, workload, decision, resolved.findings, inputs)
    servers = servers_by_ordinal(cr.metadata, resolved.cluster.replicas, decision.servers)
    unsettled = _unsettled(workload)
    loaded = configuration_loaded(
        servers,
        _expected_digests(resolved.cluster, resolved.config, servers),
        pending=lasted(LOADED, "False", cr.status, inputs.now),
        rejects=resolved.cluster.reloader is not None and not unsettled,
    )
    apart = disconnected(decision.servers, hosts)
    conditions = summarize(
        available(workload, cr.status),
        under_way=[*delays(owner, outcomes), *unsettled, *([apart] if apart else []), *_when(loaded, "ReloadPending")],
        wrong=[
            *resolved.findings,
            *refusals(owner, outcomes),
            *contests(outcomes),
            *_when(loaded, "ReloadRejected"),
        ],
        pod=workload.pod,
    )
    configuration = configuration_conditions(resolved.cluster, resolved.config)
    return make_report(
        [*conditions, loaded, *configuration, *fields_ignored(cr), *map(integration_available, resolved.integrations)],
        {
            **_cluster_facts(resolved.cluster, servers, decision.live, cr.status),
            **_remembered(resolved.cluster, outcomes.get(key), cr.status),
        },
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *retries(owner, outcomes, cr.status, inputs.now),
            *rereads(inputs),
            *looks_at_pods(decision.pods, inputs.now, is_settled=not unsettled),
            asks_again(
                loaded,
                cr.status,
                in_vain=some_did_not_answer(servers),
                apart=bool(apart or workload.leaderless),
                now=inputs.now,
            ),
            *(INSTALLATION_SECONDS for integration in resolved.integrations if integration.is_awaited),
        ],
        not_before=too_soon(outcomes),
        notices=[*_done(owner, outcomes), *(_notices(cr, resolved, resolved.cluster) if is_changed else ())],
    )


def conclude_box(cr: NatsBox | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """What the user of a NatsBox gets to see, once its plan was carried out."""
    decision = plan.decision
    if cr.metadata.deletion_timestamp or not isinstance(decision, BoxDecision):
        return NOBODY_TO_TELL
    owner = owner_of(cr.metadata, names.BOX_KIND)
    key = DEPLOYMENTS.key(owner.namespace, names.deployment(owner.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = _see(decision, inputs, kind="Deployment", needed=1, pod="pod", just_applied=is_changed)
    if isinstance(cr, InvalidResource):
        return _conclude_invalid(cr, workload, decision, inputs)
    resolved = decision.resolved
    if resolved is None:
        return NOBODY_TO_TELL
    if resolved.box is None:
        return _conclude_unplanned(cr, workload, decision, resolved.findings, inputs)
    unsettled = _unsettled(workload)
    conditions = summarize(
        available(workload, cr.status),
        under_way=[*delays(owner, outcomes), *unsettled],
        wrong=[*resolved.findings, *refusals(owner, outcomes), *contests(outcomes)],
        pod=workload.pod,
    )
    return make_report(
        conditions,
        _pod_counts(decision.live),
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *retries(owner, outcomes, cr.status, inputs.now),
            *rereads(inputs),
            *looks_at_pods(decision.pods, inputs.now, is_settled=not unsettled),
        ],
        not_before=too_soon(outcomes),
        notices=_done(owner, outcomes),
    )


def _see(decision: ClusterDecision | BoxDecision, inputs: Inputs, **of: Any) -> Workload:
    claims = decision.claims if isinstance(decision, ClusterDecision) else ()
    by_name = {claim["metadata"]["name"]: claim for claim in claims}
    problems = (pod_problem(pod, by_name, inputs.now) for pod in decision.pods)
    return replace(see_workload(decision.live, **of), problems=tuple(each for each in problems if each))


def _conclude_invalid(
    cr: InvalidResource, workload: Workload, decision: ClusterDecision | BoxDecision, inputs: Inputs
) -> Report:
    problems = "; ".join(str(problem) for problem in cr.problems)
    return _conclude_unplanned(cr, workload, decision, [Finding("InvalidSpec", f"{problems}.")], inputs)


def _conclude_unplanned(
    cr: NatsCluster | NatsBox | InvalidResource,
    workload: Workload,
    decision: ClusterDecision | BoxDecision,
    findings: Sequence[Finding],
    inputs: Inputs,
) -> Report:
    """Nothing could be planned: what runs goes on running, and all else that the status said stays as it is."""
    waiting = wait_for_missing(() if workload.exists else findings, cr.status, inputs.now)
    unsettled = _unsettled(workload) if workload.exists else []
    conditions = summarize(
        available(workload, cr.status),
        under_way=[*unsettled, *waiting.awaited],
        wrong=findings if workload.exists else waiting.wrong,
        pod=workload.pod,
    )
    facts = {field: value for field, value in cr.status.items() if field not in {"observedGeneration", "conditions"}}
    return make_report(
        [*conditions, *_integrations_in(cr.status)],
        {**facts, **_pod_counts(decision.live)},
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *rereads(inputs),
            *looks_at_pods(decision.pods, inputs.now, is_settled=not unsettled),
            *([waiting.look_again] if waiting.look_again is not None else []),
        ],
    )


def _integrations_in(status: Mapping[str, Any]) -> list[Condition]:
    """What was said of them last: as long as it is said, what was made for them is looked for."""
    said = (each for each in status.get("conditions", ()) if each["type"] in INTEGRATION_CONDITIONS)
    return [Condition(each["type"], each["status"], Finding(each["reason"], each["message"])) for each in said]


def _done(owner: Owner, outcomes: Outcomes) -> list[Event]:
    """What the user hears of what was just carried out."""
    done = (*adoptions(owner, outcomes), *replacements(outcomes))
    return [Event("Normal", each.reason, each.message, is_passing=True) for each in done]


def _notices(cr: NatsCluster, resolved: ResolvedCluster, cluster: Cluster) -> list[Event]:
    """What the user hears when the servers have just been made or changed."""
    return [
        *(Event("Warning", each.reason, each.message, is_passing=True) for each in resolved.let_through),
        *(Event("Normal", each.reason, each.message, is_passing=True) for each in kept(cr, cluster)),
        *(Event("Warning", each.reason, each.message, is_passing=True) for each in risky(cluster)),
    ]


def _when(condition: Condition, reason: ReasonName) -> list[Finding]:
    return [condition.finding] if condition.finding.reason == reason else []


def _unsettled(workload: Workload) -> list[Finding]:
    finding = first_finding(SETTLED, workload)
    return [finding] if finding else []


def _expected_digests(cluster: Cluster, config: EffectiveConfig, servers: Sequence[Server]) -> dict[str, str | Unknown]:
    """The digest of what each server that told its own should have loaded, with its own name in it."""
    return {
        each.pod: config.server_digest(
            {
                names.SERVER_NAME_VARIABLE: f"{cluster.server_name_prefix}{each.pod}",
                names.POD_NAME_VARIABLE: each.pod,
            },
            each.version,
        )
        for each in servers
        if each.config_digest
    }


def _cluster_facts(
    cluster: Cluster, servers: Sequence[Server], live: Mapping[str, Any] | None, previous: Mapping[str, Any]
) -> dict[str, Any]:
    versions = {each.version for each in servers if each.version}
    return {
        **_pod_counts(live),
        "endpoints": {"client": cluster.client_endpoint, "headless": cluster.headless_endpoint},
        "configMapName": cluster.existing_config.name if cluster.existing_config else names.config_map(cluster.name),
        "version": ", ".join(sorted(versions)) or previous.get("version"),
    }


def _remembered(cluster: Cluster, outcome: Outcome | None, previous: Mapping[str, Any]) -> dict[str, Any]:
    """What the servers commit us to once they are as planned; before, what was said last."""
    if isinstance(outcome, Applied | Unchanged):
        return {"commitments": cluster.record.values}
    return {field: previous.get(field) for field in ("commitments", "jetStreamReplicas")}


def _pod_counts(live: Mapping[str, Any] | None) -> dict[str, int]:
    status = live.get("status", {}) if live else {}
    return {"replicas": status.get("replicas", 0), "readyReplicas": status.get("readyReplicas", 0)}
