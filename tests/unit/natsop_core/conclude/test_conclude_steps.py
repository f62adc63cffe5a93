"""What is reported of the steps of a plan: refused, taken, held back, done, repaired again and again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.live import Controller
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.outcomes import Applied, Failed, HeldBack, Outcome, Postponed, Rejected, Repair, Taken, Unchanged
from tests.unit.natsop_core.claims import claims
from tests.unit.natsop_core.conclude.settled_trio import CHILDREN, TRIO, outcome, settled
from tests.unit.natsop_core.trio import CONFIG_MAP, SERVICE, STATEFUL_SET, conclude
from tests.unit.natsop_core.world import (
    Object,
    cluster,
    cluster_object,
    conditions,
    inputs,
    jetstream,
    live_children,
    message,
)


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
