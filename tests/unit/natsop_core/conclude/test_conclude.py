"""What the user of a custom resource gets to see, and when the operator looks again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from natsop_core import names
from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_box, read_cluster
from natsop_core.conclude import conclude_box
from natsop_core.inputs import Forbidden, Inputs, Unreachable
from natsop_core.kinds import SECRETS
from natsop_core.live import Controller
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.outcomes import (
    Applied,
    Failed,
    HeldBack,
    Outcome,
    Postponed,
    Rejected,
    Repair,
    Taken,
    Unchanged,
)
from natsop_core.references import ObjectRef
from natsop_core.report import Report
from tests.unit.natsop_core.claims import claims
from tests.unit.natsop_core.trio import CONFIG_MAP, SERVERS, SERVICE, STATEFUL_SET, answers_of, conclude, with_status
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    box,
    box_object,
    cluster,
    cluster_object,
    conditions,
    inputs,
    jetstream,
    live_children,
    message,
    one_of,
    plan_of,
    settled_status,
    varz,
)

SPEC: Object = {"replicas": 3}
TRIO = cluster(SPEC)
CHILDREN = live_children(TRIO)


def answers(*behind: str) -> dict[str, Any]:
    """Every server runs the current configuration, save for those behind."""
    return answers_of(CHILDREN, *behind)


def settled(cr: NatsCluster, **changes: Any) -> Inputs:
    """The trio's children and servers, all as they should be, except for the StatefulSet's status."""
    return inputs(cr, *with_status(CHILDREN, **changes), *SERVERS, answers=answers())


def outcome(key: Any, found: Outcome) -> Report:
    return conclude(TRIO, settled(TRIO), {key: found})


# A cluster that is as it should be


def test_a_cluster_that_is_as_it_should_be_is_ready() -> None:
    report = conclude(TRIO, settled(TRIO), dict.fromkeys(plan_of(TRIO, settled(TRIO)).targets, Unchanged()))
    assert conditions(report.status) == {
        "Ready": ("True", "Ready"),
        "Available": ("True", "EnoughReady"),
        "Progressing": ("False", "Stable"),
        "Degraded": ("False", "AsExpected"),
        "ConfigurationLoaded": ("True", "Loaded"),
    }


def test_the_status_has_the_facts_in_the_go_operator_s_form() -> None:
    status = conclude(TRIO, settled(TRIO)).status
    assert status is not None
    assert {key: value for key, value in status.items() if key != "conditions"} == {
        "observedGeneration": 1,
        "replicas": 3,
        "readyReplicas": 3,
        "endpoints": {"client": "nats://c.prod.svc:4222", "headless": "nats://c-headless.prod.svc:4222"},
        "configMapName": "c-config",
        "version": "2.12.6",
    }


def test_versions_are_all_named_while_they_differ_and_kept_while_none_is_known() -> None:
    mixed = {**answers(), "c-1": varz(version="2.11.0")}
    status = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=mixed)).status
    assert status is not None
    assert status["version"] == "2.11.0, 2.12.6"
    earlier = cluster(SPEC, status={"version": "2.12.6"})
    status = conclude(earlier, inputs(earlier, *CHILDREN)).status
    assert status is not None
    assert status["version"] == "2.12.6"


# Available and Progressing, each reason


@pytest.mark.parametrize(
    ("changes", "available", "progressing"),
    [
        ({"readyReplicas": 2}, ("True", "EnoughReady"), ("True", "PodsNotReady")),
        ({"readyReplicas": 1}, ("False", "TooFewReady"), ("True", "PodsNotReady")),
        ({"updatedReplicas": 1}, ("True", "EnoughReady"), ("True", "RollingOut")),
        ({"replicas": 4}, ("True", "EnoughReady"), ("True", "PodsToGo")),
        ({"observedGeneration": 0}, ("False", "NotObserved"), ("True", "NotObserved")),
    ],
)
def test_the_stateful_set_s_status_decides(
    changes: Object, available: tuple[str, str], progressing: tuple[str, str]
) -> None:
    found = conditions(conclude(TRIO, settled(TRIO, **changes)).status)
    assert (found["Available"], found["Progressing"]) == (available, progressing)
    assert found["Ready"][0] == "False"


def test_a_cluster_that_was_never_made_is_not_created() -> None:
    found = conditions(conclude(TRIO, inputs(TRIO)).status)
    assert found["Available"] == ("False", "NotCreated")
    assert found["Progressing"] == ("True", "NotCreated")
    assert found["ConfigurationLoaded"] == ("Unknown", "NotObserved")


def test_a_stranger_s_stateful_set_is_not_the_cluster() -> None:
    theirs = one_of(live_children(TRIO), "StatefulSet")
    theirs["metadata"]["ownerReferences"][0]["uid"] = "uid-of-another"
    found = conditions(conclude(TRIO, inputs(TRIO, theirs)).status)
    assert found["Available"] == ("False", "NotCreated")


def test_what_was_just_changed_is_under_way_though_its_status_says_otherwise() -> None:
    found = conditions(outcome(STATEFUL_SET, Applied()).status)
    assert found["Available"] == ("True", "EnoughReady")
    assert found["Progressing"] == ("True", "NotObserved")
    assert found["Ready"] == ("False", "NotObserved")


def test_what_was_just_made_is_told_as_it_is_until_its_controller_has_seen_it() -> None:
    """So nothing need be written in between."""
    fresh = {**one_of(live_children(TRIO), "StatefulSet"), "status": {}}
    just_made = conclude(TRIO, inputs(TRIO), {STATEFUL_SET: Applied()}).status
    assert conditions(just_made) == conditions(conclude(TRIO, inputs(TRIO, fresh)).status)
    assert conditions(just_made)["Available"] == ("False", "NotObserved")


def test_a_change_of_another_object_is_not_under_way() -> None:
    assert conditions(outcome(CONFIG_MAP, Applied()).status)["Ready"] == ("True", "Ready")


# ConfigurationLoaded


def test_a_server_that_is_behind_is_named_and_asked_again_soon() -> None:
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=answers("c-1")))
    assert conditions(report.status)["ConfigurationLoaded"] == ("False", "ReloadPending")
    assert conditions(report.status)["Ready"] == ("False", "ReloadPending")
    assert "c-1" in message(report.status, "ConfigurationLoaded")
    assert report.requeue_after == 5


def test_a_server_that_does_not_tell_makes_it_unknown_but_nothing_worse() -> None:
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS[:2], answers=answers()))
    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotObserved")
    assert conditions(report.status)["Ready"] == ("True", "Ready")
    assert "c-2" in message(report.status, "ConfigurationLoaded")


def test_a_server_too_old_to_tell_says_so() -> None:
    old = {**answers(), "c-0": varz(version="2.10.9", config_digest="sha256:x")}
    report = conclude(TRIO, inputs(TRIO, *CHILDREN, *SERVERS, answers=old))
    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotKnown")
    assert "2.10.9" in message(report.status, "ConfigurationLoaded")


# Degraded, each reason


def test_a_name_that_another_holds_is_named_with_its_holder() -> None:
    report = outcome(SERVICE, Taken(Controller("apps/v1", "Deployment", "theirs", "u")))
    assert conditions(report.status)["Degraded"] == ("True", "NameConflict")
    assert "Service c exists and is controlled by Deployment theirs" in message(report.status, "Degraded")


@pytest.mark.parametrize(
    ("api_version", "kind", "told"),
    [
        ("v1", "ReplicationController", "ReplicationController theirs;"),
        ("networking.k8s.io/v1", "Ingress", "Ingress theirs;"),
        ("nauth.io/v1alpha1", "NatsCluster", "NatsCluster.nauth.io theirs;"),
    ],
)
def test_a_kind_that_others_may_have_too_is_told_with_its_group(api_version: str, kind: str, told: str) -> None:
    report = outcome(SERVICE, Taken(Controller(api_version, kind, "theirs", "u")))
    assert f"is controlled by {told}" in message(report.status, "Degraded")


def test_a_name_that_nobody_controls_is_a_conflict_too() -> None:
    report = outcome(CONFIG_MAP, Taken(None))
    assert conditions(report.status)["Ready"] == ("False", "NameConflict")
    assert "ConfigMap c-config exists and has no controller" in message(report.status, "Degraded")


def test_a_child_of_an_earlier_cluster_of_the_name_is_waited_for() -> None:
    earlier = Controller(names.API_VERSION, names.CLUSTER_KIND, "c", "an-earlier-one")
    report = outcome(STATEFUL_SET, Taken(earlier))
    assert conditions(report.status)["Degraded"][0] == "False"
    assert conditions(report.status)["Progressing"] == ("True", "WaitingForCollection")
    assert report.requeue_after == 5


def test_a_box_of_the_same_name_is_no_earlier_cluster() -> None:
    report = outcome(STATEFUL_SET, Taken(Controller(names.API_VERSION, names.BOX_KIND, "c", "u")))
    assert conditions(report.status)["Degraded"] == ("True", "NameConflict")


def test_a_refusal_is_told_with_object_field_and_the_api_server_s_words() -> None:
    report = outcome(SERVICE, Rejected("exceeded quota: services", "spec.ports"))
    assert conditions(report.status)["Degraded"] == ("True", "ApplyRejected")
    assert (
        message(report.status, "Degraded")
        == "The API server rejects Service c, field spec.ports: exceeded quota: services."
    )


def test_what_did_not_get_through_is_tried_again_and_needs_nobody() -> None:
    report = outcome(SERVICE, Failed("timeout", retry_after=7.0))
    assert conditions(report.status)["Progressing"] == ("True", "Retrying")
    assert conditions(report.status)["Degraded"][0] == "False"
    assert report.requeue_after == 7


def test_what_is_held_back_is_under_way_and_the_cause_is_told_by_what_failed() -> None:
    report = conclude(TRIO, settled(TRIO), {CONFIG_MAP: Rejected("exceeded quota"), STATEFUL_SET: HeldBack(CONFIG_MAP)})
    assert conditions(report.status)["Progressing"] == ("True", "HeldBack")
    assert message(report.status, "Progressing") == "StatefulSet c waits until ConfigMap c-config is applied."
    assert conditions(report.status)["Degraded"] == ("True", "ApplyRejected")
    assert "ConfigMap c-config: exceeded quota" in message(report.status, "Degraded")
    assert "StatefulSet" not in message(report.status, "Degraded")
    assert report.requeue_after == 2, "it is tried again with what it waits for"


def test_several_faults_are_all_told_the_first_as_the_reason() -> None:
    taken, rejected = Taken(None), Rejected("no")
    report = conclude(TRIO, settled(TRIO), {CONFIG_MAP: taken, SERVICE: rejected})
    assert conditions(report.status)["Degraded"] == ("True", "NameConflict")
    assert "c-config" in message(report.status, "Degraded")
    assert "The API server rejects Service c" in message(report.status, "Degraded")


def test_where_the_streams_lie_is_remembered_whatever_becomes_of_the_stateful_set() -> None:
    cr = cluster({"replicas": 3, **jetstream()})
    status = outcome_of(cr, Applied())
    assert status["commitments"]["replicas"] == 3
    for spec, became in (({"replicas": 1, **jetstream()}, Failed("a webhook", 1)), ({"replicas": 1}, Applied())):
        status = outcome_of(cluster(spec, status=status), became, *claims(3))
        assert (status["commitments"]["replicas"], status["replicas"]) == (3, 0)


def test_what_an_earlier_version_remembers_is_kept_until_it_is_said_anew() -> None:
    cr = cluster({"replicas": 3, **jetstream()}, status={"jetStreamReplicas": 3})
    assert outcome_of(cr, Failed("a webhook", 1))["jetStreamReplicas"] == 3
    status = outcome_of(cr, Applied())
    assert (status["commitments"]["replicas"], "jetStreamReplicas" in status) == (3, False)


def test_every_loss_that_a_person_has_allowed_is_a_warning_when_it_comes() -> None:
    live = live_children(cluster({"replicas": 3, **jetstream()}))
    allowed = {ALLOW_DATA_LOSS_ANNOTATION: "replicas=3->1"}
    cr = cluster({"replicas": 1, **jetstream()}, annotations=allowed)
    [event] = [
        each
        for each in conclude(cr, inputs(cr, *live), {STATEFUL_SET: Applied()}).events
        if each.reason == "DataLossAllowed"
    ]
    assert (event.type, "replicas=3->1" in event.message) == ("Warning", True)
    done = live_children(cr, *live)
    after = conclude(cr, inputs(cr, *done), {STATEFUL_SET: Applied()}).events
    assert "DataLossAllowed" not in [each.reason for each in after]


def outcome_of(cr: NatsCluster, of_stateful_set: Outcome, *objects: Object) -> Object:
    """What is reported when there is no StatefulSet, and this is what became of making one."""
    status = conclude(cr, inputs(cr, *objects), {STATEFUL_SET: of_stateful_set}).status
    assert status is not None
    return status


def test_a_refused_scale_is_told() -> None:
    cr = cluster({"replicas": 1, **jetstream()})
    report = conclude(cr, inputs(cr, *live_children(cluster({"replicas": 3, **jetstream()}))))
    assert conditions(report.status)["Degraded"] == ("True", "UnsafeScale")
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")


def test_an_invalid_spec_is_told_with_its_path_and_what_runs_is_still_told() -> None:
    status = {"version": "2.12.6", "configMapName": "c-config", "observedGeneration": 1}
    cr = read_cluster(cluster_object({"replicas": 0}, generation=2) | {"status": status})
    seen = inputs(cr, *CHILDREN)
    report = conclude(cr, seen)
    assert report.status is not None
    assert conditions(report.status)["Degraded"] == ("True", "InvalidSpec")
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")
    assert message(report.status, "Degraded") == "spec.replicas: must be at least 1."
    assert (report.status["version"], report.status["observedGeneration"]) == ("2.12.6", 2)
    assert report.requeue_after is None, "only a change of the spec can help"


# Fights


BY_ARGO = Repair(("spec.ports",), "argocd-controller", in_a_row=3)


@pytest.mark.parametrize("found", [Applied(repair=BY_ARGO), Unchanged(repair=BY_ARGO), Postponed(BY_ARGO, 42.0)])
def test_a_fight_over_a_field_is_told_with_object_field_and_manager(found: Outcome) -> None:
    report = outcome(SERVICE, found)
    assert conditions(report.status)["Degraded"] == ("True", "Contested")
    assert message(report.status, "Degraded").startswith(
        "Service c: the field manager argocd-controller changes spec.ports back each time the operator sets it."
    )


def test_the_message_stays_the_same_while_the_fight_goes_on() -> None:
    longer = Applied(repair=replace(BY_ARGO, in_a_row=700))
    assert outcome(SERVICE, longer).status == outcome(SERVICE, Applied(repair=BY_ARGO)).status


def test_a_change_by_hand_that_is_repaired_is_no_fight() -> None:
    repaired = Applied(repair=replace(BY_ARGO, in_a_row=2))
    assert conditions(outcome(SERVICE, repaired).status)["Degraded"] == ("False", "AsExpected")


def test_a_repair_that_is_put_off_is_looked_at_again_when_it_is_due() -> None:
    assert outcome(SERVICE, Postponed(BY_ARGO, 42.0)).requeue_after == 42


# When the operator looks again


def test_at_rest_the_servers_are_asked_every_five_minutes() -> None:
    assert conclude(TRIO, settled(TRIO)).requeue_after == 300


@pytest.mark.parametrize(("age", "delay"), [(0, 5), (40, 40), (3600, 300)])
def test_a_server_that_does_not_answer_is_asked_again_after_as_long_as_it_has_been_unknown(
    age: int, delay: float
) -> None:
    since = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    unknown = {"type": "ConfigurationLoaded", "status": "Unknown", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [unknown]})
    silent = {**answers(), "c-1": Unreachable("no answer within 2 s")}

    report = conclude(cr, inputs(cr, *CHILDREN, *SERVERS, answers=silent))

    assert conditions(report.status)["ConfigurationLoaded"] == ("Unknown", "NotObserved")
    assert report.requeue_after == delay


def test_a_server_that_has_just_fallen_silent_is_asked_again_soon() -> None:
    loaded = {"type": "ConfigurationLoaded", "status": "True", "lastTransitionTime": "2020-01-02T03:04:05Z"}
    cr = cluster(SPEC, status={"conditions": [loaded]})
    silent = {**answers(), "c-1": Unreachable("no answer within 2 s")}
    assert conclude(cr, inputs(cr, *CHILDREN, *SERVERS, answers=silent)).requeue_after == 5


def test_what_may_not_be_read_is_asked_for_again_since_no_event_tells_of_a_right_that_is_granted() -> None:
    cr = cluster({"config": {"includes": [{"name": "a.conf", "secret": {"name": "s", "key": "k"}}]}})
    secret = ObjectRef(SECRETS.key("prod", "s"))
    seen = replace(inputs(cr), found={**inputs(cr).found, secret: Forbidden('cannot get resource "secrets"')})

    report = conclude(cr, seen)

    assert conditions(report.status)["Degraded"] == ("True", "SecretNotReadable")
    assert report.requeue_after == 60


def test_a_fault_that_several_references_have_is_told_once() -> None:
    credentials = {"cluster": {"routeURLs": {"authSecretRef": {"name": "routes"}}}}
    cr = cluster({"replicas": 3, "config": credentials})
    seen = inputs(cr, *live_children(cluster(SPEC)))
    assert message(conclude(cr, seen).status, "Degraded").count("Secret routes") == 1


@pytest.mark.parametrize(("age", "delay"), [(0, 2), (30, 30), (3600, 60)])
def test_a_refused_object_is_tried_again_after_as_long_as_it_has_been_refused(age: int, delay: float) -> None:
    since = f"{NOW - timedelta(seconds=age):%Y-%m-%dT%H:%M:%SZ}"
    degraded = {"type": "Degraded", "status": "True", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [degraded]})
    assert conclude(cr, settled(cr), {SERVICE: Rejected("no")}).requeue_after == delay


@pytest.mark.parametrize(
    "since", ["2026-01-02T03:03:35.5Z", "2026-01-02T04:03:35+01:00", "2026-01-02T03:03:35", "never"]
)
def test_a_status_that_others_wrote_in_their_own_way_is_read_all_the_same(since: str) -> None:
    degraded = {"type": "Degraded", "status": "True", "lastTransitionTime": since}
    cr = cluster(SPEC, status={"conditions": [degraded]})
    assert conclude(cr, settled(cr), {SERVICE: Rejected("no")}).requeue_after in (2, 29.5, 30)


@pytest.mark.parametrize("spec", [SPEC, {"replicas": 0}])
def test_while_it_is_being_deleted_there_is_nobody_to_tell(spec: Object) -> None:
    cr = read_cluster(cluster_object(spec, deletionTimestamp="2026-01-02T03:04:05Z"))
    seen = inputs(cr, *CHILDREN)
    assert conclude(cr, seen) == Report(status=None)


# Boxes


def conclude_a_box(cr: NatsBox, *objects: Object) -> Report:
    seen = inputs(cr, *objects)
    return conclude_box(cr, seen, plan_of(cr, seen), {})


def test_a_box_is_ready_when_its_pods_are_and_needs_no_second_look() -> None:
    report = conclude_a_box(box(), *live_children(box()))
    assert {key: status for key, (status, _) in conditions(report.status).items()} == {
        "Ready": "True",
        "Available": "True",
        "Progressing": "False",
        "Degraded": "False",
    }
    assert report.requeue_after is None


def test_a_box_without_its_cluster_says_what_it_waits_for() -> None:
    report = conclude_a_box(box({"clusterRef": {"name": "c"}}))
    assert conditions(report.status)["Progressing"] == ("True", "ClusterNotFound")
    assert "NatsCluster c in namespace prod" in message(report.status, "Ready")
    assert conditions(report.status)["Degraded"] == ("False", "AsExpected")


def test_a_box_of_an_invalid_cluster_says_so_and_what_runs_is_still_available() -> None:
    report = conclude_a_box(box({"clusterRef": {"name": "c"}}), *live_children(box()), cluster_object({"replicas": 0}))
    assert conditions(report.status)["Degraded"] == ("True", "ClusterInvalid")
    assert conditions(report.status)["Available"] == ("True", "EnoughReady")


def test_a_box_of_no_pods_is_available_with_none() -> None:
    cr = box({"replicas": 0})
    deployment = one_of(live_children(cr), "Deployment") | {"status": settled_status(0)}
    assert conditions(conclude_a_box(cr, deployment).status)["Ready"] == ("True", "Ready")


@pytest.mark.parametrize("metadata", [{}, {"deletionTimestamp": "2026-01-02T03:04:05Z"}])
def test_an_invalid_box_is_told_unless_it_is_being_deleted(metadata: Mapping[str, Any]) -> None:
    cr = read_box(box_object({"replicas": -1}, **metadata))
    report = conclude_box(cr, inputs(cr), plan_of(cr, inputs(cr)), {})
    if metadata:
        assert report.status is None
    else:
        assert conditions(report.status)["Degraded"] == ("True", "InvalidSpec")
