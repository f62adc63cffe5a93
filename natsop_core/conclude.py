"""Conclusions: from a custom resource, what was seen of it, its plan and the outcomes to the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.api.read import InvalidResource
from natsop_core.conditions.condition import Condition, first_finding
from natsop_core.conditions.configuration import configuration_loaded, configuration_overridden
from natsop_core.conditions.integrations import INTEGRATION_CONDITIONS, integration_available
from natsop_core.conditions.steps import adoptions, contests, delays, refusals
from natsop_core.conditions.summary import degraded, progressing, ready
from natsop_core.conditions.workload import SETTLED, Workload, available, see_workload
from natsop_core.conf.digest import config_digest
from natsop_core.conf.files import configuration_files
from natsop_core.conf.server import server_block
from natsop_core.decision import BoxDecision, ClusterDecision
from natsop_core.findings import Finding
from natsop_core.inputs import Forbidden
from natsop_core.kinds import DEPLOYMENTS, STATEFUL_SETS
from natsop_core.outcomes import Applied, Unchanged
from natsop_core.report import NOBODY_TO_TELL, Event, Report, lasted, make_report, retries, too_soon
from natsop_core.resolve.notices import kept, risky
from natsop_core.resolve.owner import owner_of
from natsop_core.servers import servers_by_ordinal, some_did_not_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.digest import Unknown
    from natsop_core.inputs import Inputs
    from natsop_core.outcomes import Outcome, Outcomes
    from natsop_core.plan import Plan
    from natsop_core.resolve.types import Cluster, Owner
    from natsop_core.servers import Server

RELOAD_SECONDS: Final = 5.0
"""How soon the servers are asked again while one still runs an older configuration."""

LONGEST_RELOAD_SECONDS: Final = 60.0
"""The same when that has been so for ten minutes: what a server has refused to load, it does not load by and by."""

INSTALLATION_SECONDS: Final = 60.0
"""How soon the API server is asked again whether it serves what others have to install."""

PERMISSION_SECONDS: Final = 60.0
"""How soon the API server is asked again for what we may not read: nobody tells us of a right that is granted."""

REST_SECONDS: Final = 300.0
"""How soon they are asked again while nothing is under way."""


def conclude_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """What the user of a NatsCluster gets to see, once its plan was carried out."""
    decision = plan.decision
    if cr.metadata.deletion_timestamp or not isinstance(decision, ClusterDecision):
        return NOBODY_TO_TELL
    owner = owner_of(cr.metadata, names.CLUSTER_KIND)
    key = STATEFUL_SETS.key(owner.namespace, names.stateful_set(owner.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = see_workload("StatefulSet", decision.live, needed=None, pod="server", just_applied=is_changed)
    if isinstance(cr, InvalidResource):
        return _conclude_invalid(cr, workload, inputs)
    resolved = decision.resolved
    if resolved is None:
        return NOBODY_TO_TELL
    if resolved.cluster is None:
        return _conclude_unplanned(cr, workload, resolved.findings, inputs)
    servers = servers_by_ordinal(cr.metadata, resolved.cluster.replicas, decision.servers)
    loaded = configuration_loaded(servers, _expected_digests(resolved.cluster, servers))
    overridden = configuration_overridden(resolved.cluster)
    pending = [loaded.finding] if loaded.status == "False" else []
    conditions = _summarize(
        workload,
        under_way=[*delays(owner, outcomes), *_unsettled(workload), *pending],
        wrong=[*resolved.findings, *refusals(owner, outcomes), *contests(outcomes)],
    )
    return make_report(
        [*conditions, loaded, *overridden, *map(integration_available, resolved.integrations)],
        {
            **_cluster_facts(resolved.cluster, servers, decision.live, cr.status),
            "jetStreamReplicas": _replicas_with_data(resolved.cluster, outcomes.get(key), cr.status),
        },
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[
            *retries(owner, outcomes, cr.status, inputs.now),
            *_rereads(inputs),
            _asks_again(loaded, cr, some_did_not_answer(servers), inputs.now),
            *(INSTALLATION_SECONDS for integration in resolved.integrations if integration.is_awaited),
        ],
        not_before=too_soon(outcomes),
        notices=[*_adopted(owner, outcomes), *(_notices(cr, resolved.cluster) if is_changed else ())],
    )


def conclude_box(cr: NatsBox | InvalidResource, inputs: Inputs, plan: Plan, outcomes: Outcomes) -> Report:
    """What the user of a NatsBox gets to see, once its plan was carried out."""
    decision = plan.decision
    if cr.metadata.deletion_timestamp or not isinstance(decision, BoxDecision):
        return NOBODY_TO_TELL
    owner = owner_of(cr.metadata, names.BOX_KIND)
    key = DEPLOYMENTS.key(owner.namespace, names.deployment(owner.name))
    is_changed = isinstance(outcomes.get(key), Applied)
    workload = see_workload("Deployment", decision.live, needed=1, pod="pod", just_applied=is_changed)
    if isinstance(cr, InvalidResource):
        return _conclude_invalid(cr, workload, inputs)
    resolved = decision.resolved
    if resolved is None:
        return NOBODY_TO_TELL
    waits = resolved.box is None
    conditions = _summarize(
        workload,
        under_way=[*delays(owner, outcomes), *([] if waits else _unsettled(workload))],
        wrong=[*resolved.findings, *refusals(owner, outcomes), *contests(outcomes)],
    )
    return make_report(
        conditions,
        _pod_counts(decision.live),
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[*retries(owner, outcomes, cr.status, inputs.now), *_rereads(inputs)],
        not_before=too_soon(outcomes),
        notices=_adopted(owner, outcomes),
    )


def _conclude_invalid(cr: InvalidResource, workload: Workload, inputs: Inputs) -> Report:
    problems = "; ".join(str(problem) for problem in cr.problems)
    return _conclude_unplanned(cr, workload, [Finding("InvalidSpec", f"{problems}.")], inputs)


def _conclude_unplanned(
    cr: NatsCluster | InvalidResource, workload: Workload, wrong: Sequence[Finding], inputs: Inputs
) -> Report:
    """Nothing could be planned: what runs goes on running, and all else that the status said stays as it is."""
    conditions = [*_summarize(workload, under_way=[], wrong=wrong), *_integrations_in(cr.status)]
    facts = {field: value for field, value in cr.status.items() if field not in {"observedGeneration", "conditions"}}
    return make_report(
        conditions,
        facts,
        cr.status,
        generation=cr.metadata.generation,
        now=inputs.now,
        requeue_after=[*_rereads(inputs)],
    )


def _integrations_in(status: Mapping[str, Any]) -> list[Condition]:
    """What was said of them last: as long as it is said, what was made for them is looked for."""
    said = (each for each in status.get("conditions", ()) if each["type"] in INTEGRATION_CONDITIONS)
    return [Condition(each["type"], each["status"], Finding(each["reason"], each["message"])) for each in said]


def _asks_again(loaded: Condition, cr: NatsCluster, in_vain: bool, now: datetime) -> float:
    """When to ask the servers again, in seconds: one that did not answer, after as long as that has been so already.

    One that is behind, after a tenth of that, so that it is seen soon once a kubelet has brought it the files.
    """
    if loaded.status == "False":
        behind = lasted(loaded.type, "False", cr.status, now)
        return min(LONGEST_RELOAD_SECONDS, max(RELOAD_SECONDS, behind / 10))
    if not in_vain:
        return REST_SECONDS
    return min(REST_SECONDS, max(RELOAD_SECONDS, lasted(loaded.type, "Unknown", cr.status, now)))


def _rereads(inputs: Inputs) -> list[float]:
    return [PERMISSION_SECONDS for found in inputs.found.values() if isinstance(found, Forbidden)]


def _adopted(owner: Owner, outcomes: Outcomes) -> list[Event]:
    return [Event("Normal", each.reason, each.message, is_passing=True) for each in adoptions(owner, outcomes)]


def _notices(cr: NatsCluster, cluster: Cluster) -> list[Event]:
    """What the user hears when the servers have just been made or changed."""
    return [
        *(Event("Normal", each.reason, each.message, is_passing=True) for each in kept(cr, cluster)),
        *(Event("Warning", each.reason, each.message, is_passing=True) for each in risky(cluster)),
    ]


def _summarize(workload: Workload, *, under_way: Sequence[Finding], wrong: Sequence[Finding]) -> tuple[Condition, ...]:
    is_available, is_progressing, is_degraded = available(workload), progressing(under_way), degraded(wrong)
    return ready(is_available, is_progressing, is_degraded), is_available, is_progressing, is_degraded


def _unsettled(workload: Workload) -> list[Finding]:
    finding = first_finding(SETTLED, workload)
    return [finding] if finding else []


def _expected_digests(cluster: Cluster, servers: Sequence[Server]) -> dict[str, str | Unknown]:
    """The digest of what each server that told its own should have loaded, with its own name in it."""
    told = [each for each in servers if each.config_digest]
    if not told:
        return {}
    files = configuration_files(cluster)
    configuration = cluster.existing_config.conf if cluster.existing_config else server_block(cluster)
    return {
        each.pod: config_digest(
            configuration,
            {names.SERVER_NAME_VARIABLE: names.server_name(f"{cluster.server_name_prefix}{each.pod}")},
            files,
            version=each.version,
            file=names.CONFIG_FILE,
        )
        for each in told
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


def _replicas_with_data(cluster: Cluster, outcome: Outcome | None, previous: Mapping[str, Any]) -> int | None:
    """Remembered while JetStream is off, too: the claims are retained, with what lies in them."""
    is_as_planned = cluster.jetstream is not None and isinstance(outcome, Applied | Unchanged)
    return cluster.replicas if is_as_planned else previous.get("jetStreamReplicas")


def _pod_counts(live: Mapping[str, Any] | None) -> dict[str, int]:
    status = live.get("status", {}) if live else {}
    return {"replicas": status.get("replicas", 0), "readyReplicas": status.get("readyReplicas", 0)}
