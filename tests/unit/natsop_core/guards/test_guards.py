"""What of a wish is granted: for every guard that it is refused, what stays, and that the ways out end it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from natsop_core.commitments import EMPTY_DIR, Claim, Commitments
from natsop_core.guards import GUARDS, Granted, grant
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from tests.unit.natsop_core.guard_cases import (
    CASES,
    GONE,
    NO_STREAMS,
    NOTHING,
    RUNNING,
    Case,
    fixed,
    full,
    named,
    on_claims,
    retained,
    with_jwt,
)
from tests.unit.natsop_core.world import Object, cluster, inputs, jetstream, live_stateful_set, one_of, plan_of

each_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
each_way_through = pytest.mark.parametrize(
    "case", [each for each in CASES.values() if each.allows], ids=[name for name, each in CASES.items() if each.allows]
)


def granted(spec: Object, committed: Commitments, *, allows: str = "") -> Granted:
    annotations = {ALLOW_DATA_LOSS_ANNOTATION: allows} if allows else {}
    return grant(cluster(spec, annotations=annotations), committed)


def refused_by(result: Granted) -> list[str]:
    return [each.guard.name for each in result.refusals]


def test_every_guard_has_a_case() -> None:
    assert {case.guard for case in CASES.values()} == {guard.name for guard in GUARDS}


@each_case
def test_the_wish_is_refused(case: Case) -> None:
    result = granted(case.wanted, case.committed)
    assert refused_by(result) == [case.guard]
    [guard] = [each for each in GUARDS if each.name == case.guard]
    assert [finding.reason for finding in result.findings] == [guard.reason]
    assert result.is_frozen == guard.freezes


@each_case
def test_what_stays_is_what_was_there(case: Case) -> None:
    """As if nothing had been asked for; of the authentication that is to go, the Secret tells what it was."""
    before = granted(case.back, replace(case.committed, stores_outside=False))
    assert before.findings == ()
    if case.guard != "authentication-stays":
        assert rendered(granted(case.wanted, case.committed)) == rendered(before)


def rendered(result: Granted) -> Any:
    """What the pods would get to see of the granted resource."""
    spec = result.cr.spec
    jetstream, jwt = spec.config.jetstream, spec.auth.jwt
    pvc = jetstream.file_store.pvc.model_dump(exclude_none=True)
    return (
        spec.replicas,
        spec.config.server_name_prefix,
        spec.stateful_set.pod_management_policy,
        jetstream.enabled and (jetstream.file_store.enabled, pvc if pvc["enabled"] else None),
        jwt and jwt.resolver.type,
        jwt and jwt.resolver.type == "full" and jwt.resolver.storage,
    )


@each_case
def test_setting_it_back_ends_it(case: Case) -> None:
    committed = replace(case.committed, stores_outside=False)
    assert granted(case.back, committed).findings == ()


@pytest.mark.parametrize("case", [each for each in CASES.values() if each.after is not None])
def test_the_other_way_ends_it_and_gives_what_was_asked_for(case: Case) -> None:
    assert case.after is not None
    result = granted(case.wanted, case.after)
    assert result.findings == ()
    wanted = granted(case.wanted, NOTHING)
    assert rendered(result)[:3] == rendered(wanted)[:3]
    assert bool(result.cr.spec.config.jetstream.enabled) == wanted.cr.spec.config.jetstream.enabled


@each_way_through
def test_the_exact_annotation_lets_it_through_and_says_so(case: Case) -> None:
    [refusal] = granted(case.wanted, case.committed).refusals
    assert f'{ALLOW_DATA_LOSS_ANNOTATION}: "{case.allows}"' in refusal.finding.message
    result = granted(case.wanted, case.committed, allows=case.allows)
    assert refused_by(result) == []
    assert rendered(result)[:3] == rendered(granted(case.wanted, NOTHING))[:3]
    [used] = result.allowed_losses
    assert used.reason == "DataLossAllowed"
    assert case.allows in used.message


@each_case
def test_nothing_else_lets_it_through(case: Case) -> None:
    others = {other.allows for other in CASES.values() if other.allows != case.allows} - {""}
    near = [f"{case.allows}0", case.allows.upper(), case.allows.replace("->", "=>"), case.allows.replace("=", " = ")]
    for value in ("true", "*", "replicas", "yes", "", *others, *(near if case.allows else [])):
        result = granted(case.wanted, case.committed, allows=value)
        assert refused_by(result) == [case.guard], value
        assert result.allowed_losses == ()


@each_way_through
def test_an_annotation_that_was_left_behind_lets_nothing_else_through(case: Case) -> None:
    for other in CASES.values():
        if other.allows != case.allows:
            assert refused_by(granted(other.wanted, other.committed, allows=case.allows)) == [other.guard]


@each_way_through
def test_and_is_without_effect_once_it_has_had_its_own(case: Case) -> None:
    wanted = granted(case.wanted, NOTHING).cr.spec
    done = replace(
        case.committed,
        replicas=wanted.replicas,
        server_name_prefix=wanted.config.server_name_prefix,
        stores_outside=False,
    )
    result = granted(case.wanted, done, allows=case.allows)
    assert (result.refusals, result.allowed_losses) == ((), ())


def test_an_annotation_may_name_several_changes() -> None:
    spec = {**named("b-"), "replicas": 2}
    result = granted(spec, RUNNING, allows="replicas=3->2, serverNamePrefix=->b-")
    assert result.refusals == ()
    assert len(result.allowed_losses) == 2


@each_case
def test_a_message_says_what_stays_and_names_only_what_exists(case: Case) -> None:
    [refusal] = granted(case.wanted, case.committed).refusals
    message = refusal.finding.message
    assert message.endswith(".")
    assert "{" not in message
    assert "statefulset" not in message or "kubectl delete statefulset c" in message


# Scale


@pytest.mark.parametrize(("committed", "wanted"), [(3, 5), (2, 3), (5, 5), (1, 1), (0, 1), (0, 5)])
def test_other_scales_are_free(committed: int, wanted: int) -> None:
    assert granted(on_claims(replicas=wanted), replace(RUNNING, replicas=committed)).findings == ()


def test_a_scale_is_free_while_jetstream_is_off_and_the_claims_remember() -> None:
    off = replace(RUNNING, jetstream=retained("10Gi"))
    assert granted({"replicas": 1}, off).cr.spec.replicas == 1
    assert refused_by(granted(on_claims(replicas=1), GONE)) == ["no-fewer-servers"]


def test_all_that_was_asked_for_in_one_edit_is_refused() -> None:
    spec = {**named("b-"), "replicas": 1}
    spec["config"]["jetstream"]["fileStore"]["pvc"]["storageClassName"] = "fast"
    result = granted(spec, RUNNING)
    assert refused_by(result) == ["stream-claims-stay", "no-fewer-servers", "server-names-stay"]
    assert rendered(result) == rendered(granted(on_claims(), RUNNING))


def test_a_lone_server_may_be_renamed() -> None:
    assert granted({**named("b-"), "replicas": 1}, replace(RUNNING, replicas=1)).findings == ()


def test_a_prefix_that_nobody_knows_is_believed() -> None:
    assert granted(named("b-"), replace(GONE, server_name_prefix=None)).cr.spec.config.server_name_prefix == "b-"


def test_servers_without_jetstream_are_free_in_all_of_this() -> None:
    assert granted({"replicas": 1, "config": {"serverNamePrefix": "b-"}}, NO_STREAMS).findings == ()


# Claims


@pytest.mark.parametrize("committed", [RUNNING, GONE], ids=["running", "gone"])
def test_what_is_not_said_of_a_claim_is_as_it_is(committed: Commitments) -> None:
    other = fixed("20Gi", storageClassName="fast", accessModes=["ReadWriteMany"])
    claim = other if committed.has_servers else replace(other, is_fixed=False)
    result = granted({"replicas": 3, **jetstream()}, replace(committed, jetstream=claim))
    assert result.findings == ()
    pvc = result.cr.spec.config.jetstream.file_store.pvc
    assert pvc.resources == {"requests": {"storage": "20Gi"}}
    assert (pvc.storage_class_name, pvc.access_modes) == (
        ("fast", ("ReadWriteMany",)) if committed.has_servers else (None, None)
    )


@pytest.mark.parametrize("size", ["10240Mi", "10737418240", 10737418240])
def test_the_same_size_in_other_words_is_no_change(size: Any) -> None:
    assert granted(on_claims(size), RUNNING).findings == ()
    assert granted(on_claims(size), GONE).findings == ()


@pytest.mark.parametrize(("most", "kept"), [("20Gi", None), ("8Gi", "8Gi"), (None, None)])
def test_the_file_store_fits_into_the_claim_that_stays(most: str | None, kept: str | None) -> None:
    spec = on_claims("20Gi")
    if most:
        spec["config"]["jetstream"]["fileStore"]["maxSize"] = most
    assert granted(spec, RUNNING).cr.spec.config.jetstream.file_store.max_size == kept


def test_an_empty_dir_may_change_in_any_way() -> None:
    in_pods = replace(RUNNING, jetstream=EMPTY_DIR)
    assert granted(on_claims("1Gi", enabled=False), in_pods).findings == ()
    assert granted({"replicas": 3, **jetstream(fileStore={"enabled": False})}, in_pods).findings == ()
    assert granted({"replicas": 3}, in_pods).findings == ()


@pytest.mark.parametrize("committed", [replace(RUNNING, is_taken_over=True), replace(RUNNING, keeps_idle_claim=True)])
def test_a_claim_without_a_file_store_stays_where_it_was_taken_over(committed: Commitments) -> None:
    result = granted({"replicas": 3, **jetstream(fileStore={"enabled": False})}, committed)
    assert result.findings == ()
    assert result.idle_claim == RUNNING.jetstream
    assert not result.cr.spec.config.jetstream.file_store.enabled


def test_a_full_resolver_keeps_what_is_not_said_of_its_claims() -> None:
    spec = with_jwt({"type": "full", "storage": {}})
    result = granted(spec, replace(NO_STREAMS, resolver=fixed("3Gi")))
    assert result.cr.spec.auth.jwt is not None
    storage = result.cr.spec.auth.jwt.resolver.storage
    assert storage is not None
    assert storage.resources == {"requests": {"storage": "3Gi"}}


def test_authentication_may_go_with_the_stateful_set() -> None:
    assert granted({}, replace(NOTHING, resolver=retained("1Gi"))).findings == ()
    assert granted(full(), replace(NOTHING, resolver=retained("1Gi"))).findings == ()


# What fits together


@pytest.mark.parametrize(
    ("committed", "replicas", "block"), [(replace(RUNNING, replicas=1), 3, "gateway"), (NO_STREAMS, 1, "mqtt")]
)
def test_what_only_a_refused_change_would_make_possible_is_unfit(
    committed: Commitments, replicas: int, block: str
) -> None:
    spec = {"replicas": replicas, "config": {"jetstream": {"enabled": True}, block: {"enabled": True}}}
    result = granted(spec, committed)
    assert [each.reason for each in result.broken_rules] == ["InvalidSpec"]
    assert "Set it back, too." in result.broken_rules[0].message


def test_nothing_is_unfit_where_nothing_is_refused() -> None:
    assert granted(on_claims(), RUNNING).broken_rules == ()


def test_a_refused_claim_is_told_by_what_differs() -> None:
    claim = Claim({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}, is_fixed=True)
    [finding] = granted(on_claims("20Gi"), replace(RUNNING, jetstream=claim)).findings
    assert "claims with size 10Gi instead of size 20Gi," in finding.message


def test_what_the_api_server_fills_in_is_no_change_of_what_was_applied() -> None:
    cr = cluster({"replicas": 3, **jetstream()})
    live = live_stateful_set(cr)
    before = live["metadata"]["annotations"]["nats.crewlet.cloud/applied"]
    live["spec"]["volumeClaimTemplates"][0]["spec"]["volumeMode"] = "Filesystem"
    again = one_of(plan_of(cr, inputs(cr, live)).apply, "StatefulSet")
    assert again["metadata"]["annotations"]["nats.crewlet.cloud/applied"] == before
