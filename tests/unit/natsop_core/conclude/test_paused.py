"""A custom resource that is paused: nothing is written for it but its status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from natsop_core import names
from natsop_core.actions import SetFinalizers
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.changes import plan_change
from natsop_core.conclude import conclude_box
from natsop_core.offline import inputs_at_hand
from natsop_core.plan import Plan
from tests.unit.natsop_core.trio import SERVERS, answers_of, conclude, with_status
from tests.unit.natsop_core.world import (
    NOW,
    Object,
    applied,
    box,
    cluster,
    cluster_object,
    conditions,
    inputs,
    jetstream,
    live_children,
    message,
    plan_of,
    said_before,
    settled_status,
)

PAUSE: Final = {names.PAUSED_ANNOTATION: "true"}
SPEC: Final[Object] = {"replicas": 3, **jetstream()}
CHILDREN: Final = live_children(cluster(SPEC))
LED: Final = {"jetstream": {"meta": {"cluster_size": 3, "leader": "c-1"}}}
EARLIER: Final[Object] = {
    "observedGeneration": 1,
    "version": "2.12.6",
    "conditions": [
        said_before("Ready", "True", "Ready"),
        said_before("Degraded", "False", "AsExpected"),
        said_before("ConfigurationLoaded", "True", "Loaded"),
        said_before("ExpiringSoon", "True", "ExpiresSoon"),
    ],
}


def paused(spec: Object = SPEC, *, status: Object = EARLIER, **metadata: Any) -> NatsCluster:
    return cluster(spec, status=status, annotations=PAUSE, **metadata)


def status_of(cr: NatsCluster | InvalidResource, *children: Object, **fields: Any) -> Mapping[str, Any]:
    answers = answers_of(CHILDREN, **{**LED, **fields})
    status = conclude(cr, inputs(cr, *children, *SERVERS, answers=answers)).status
    assert status is not None
    return status


def assert_writes_nothing(plan: Plan) -> None:
    assert (plan.apply, plan.prune, plan.actions) == ((), (), ())
    assert plan.keep


@pytest.mark.parametrize(
    "children",
    [
        CHILDREN,
        [each for each in CHILDREN if each["kind"] != "Service"],
        [{**each, "data": {}} if each["kind"] == "ConfigMap" else each for each in CHILDREN],
    ],
    ids=["as they should be", "one deleted", "one changed"],
)
@pytest.mark.parametrize("spec", [SPEC, {**SPEC, "replicas": 5}, {"replicas": 3}], ids=["same", "grown", "shrunk"])
def test_nothing_is_written_for_a_paused_cluster_whatever_has_changed(spec: Object, children: list[Object]) -> None:
    cr = paused(spec, generation=2)
    assert_writes_nothing(plan_of(cr, inputs(cr, *children, *SERVERS)))


def test_nothing_is_created_for_a_cluster_that_is_paused_from_the_start() -> None:
    cr = paused(status={})
    plan = plan_of(cr, inputs(cr))
    assert (plan.apply, plan.prune, plan.actions, plan.keep) == ((), (), (), ())
    status = conclude(cr, inputs(cr)).status
    assert conditions(status)["Ready"] == ("False", "NotCreated")
    assert conditions(status)["Paused"] == ("True", "Paused")


def test_nothing_is_written_for_a_paused_box() -> None:
    children = live_children(box())
    cr = box({"replicas": 0}, annotations=PAUSE, generation=2)
    plan = plan_of(cr, inputs(cr, *children))
    assert_writes_nothing(plan)
    status = conclude_box(cr, inputs(cr, *children), plan, {}).status
    assert conditions(status)["Paused"] == ("True", "Paused")
    assert "kubectl annotate natsboxes.nats.crewlet.cloud b nats.crewlet.cloud/paused-" in message(status, "Paused")


def test_a_paused_invalid_cluster_stays_as_it_was_reported() -> None:
    cr = read_cluster(cluster_object({"replicas": 0}, annotations=PAUSE, generation=2) | {"status": EARLIER})
    assert_writes_nothing(plan_of(cr, inputs(cr, *CHILDREN)))
    found = conditions(status_of(cr, *CHILDREN))
    assert found["Degraded"] == ("False", "AsExpected")
    assert found["Paused"] == ("True", "Paused")


@pytest.mark.parametrize("word", ["false", "True", "yes", ""])
def test_only_the_word_true_pauses(word: str) -> None:
    cr = cluster(SPEC, annotations={names.PAUSED_ANNOTATION: word})
    assert plan_of(cr, inputs(cr)).apply
    assert "Paused" not in conditions(conclude(cr, inputs(cr)).status)


def test_the_condition_goes_with_the_annotation() -> None:
    before = status_of(paused(), *CHILDREN)
    cr = cluster(SPEC, status=dict(before))
    assert "Paused" not in conditions(status_of(cr, *CHILDREN))


def test_a_paused_cluster_that_is_as_it_was_is_ready_and_says_that_it_is_paused() -> None:
    status = status_of(paused(), *CHILDREN)
    assert conditions(status) == {
        "Ready": ("True", "Ready"),
        "Available": ("True", "EnoughReady"),
        "Progressing": ("False", "Stable"),
        "Degraded": ("False", "AsExpected"),
        "ConfigurationLoaded": ("True", "Loaded"),
        "ExpiringSoon": ("True", "ExpiresSoon"),
        "Paused": ("True", "Paused"),
    }
    assert status["version"] == "2.12.6"
    assert "waits" not in message(status, "Paused")


def test_an_edit_of_a_paused_cluster_is_not_reported_as_carried_out() -> None:
    """So `kubectl wait --for=condition=Ready` and kstatus wait for the end of the pause."""
    status = status_of(paused({**SPEC, "replicas": 5}, generation=2), *CHILDREN)
    generations = {each["type"]: each["observedGeneration"] for each in status["conditions"]}
    assert status["observedGeneration"] == 1
    assert generations.pop("Paused") == 2
    assert set(generations.values()) == {1}
    assert "The latest edit of the spec is not applied." in message(status, "Paused")


def test_what_pods_and_servers_do_meanwhile_is_reported() -> None:
    found = conditions(status_of(paused(), *with_status(CHILDREN, readyReplicas=1)))
    assert found["Available"] == ("False", "TooFewReady")
    assert found["Ready"] == ("False", "TooFewReady")
    leaderless = conditions(status_of(paused(), *CHILDREN, routes=8, jetstream={"meta": {"cluster_size": 3}}))
    assert leaderless["Available"] == ("False", "MetaLeaderUnknown")


def test_a_problem_that_was_there_stays_reported_and_is_not_announced_again() -> None:
    earlier = {**EARLIER, "conditions": [said_before("Degraded", "True", "SecretNotFound", text="Secret s: gone.")]}
    cr = paused(status=earlier)
    report = conclude(cr, inputs(cr, *CHILDREN))
    assert conditions(report.status)["Ready"] == ("False", "SecretNotFound")
    assert report.events == ()


def test_a_paused_cluster_that_is_deleted_lets_go_of_its_finalizer() -> None:
    others: Object = {"finalizers": [names.ACCOUNTS_FINALIZER], "deletionTimestamp": "2026-01-02T03:04:05Z"}
    cr = paused(**others)
    [action] = plan_of(cr, inputs(cr, *CHILDREN)).actions
    assert isinstance(action, SetFinalizers)
    assert action.finalizers == ()


def test_a_change_of_a_paused_cluster_is_compared_as_it_will_be_after_the_pause() -> None:
    seen = inputs_at_hand([], NOW)
    planned = plan_change(paused(), paused({**SPEC, "replicas": 5}), before=seen, after=seen)
    [workload] = [each for each in planned.objects if each["kind"] == "StatefulSet"]
    assert workload["spec"]["replicas"] == 5


def test_a_restart_by_hand_is_seen_while_paused() -> None:
    rolling = [
        applied(each, **settled_status(3, updatedReplicas=1)) if each["kind"] == "StatefulSet" else each
        for each in CHILDREN
    ]
    assert conditions(status_of(paused(), *rolling))["Progressing"] == ("True", "RollingOut")


def test_a_paused_cluster_without_pods_waits_for_their_events() -> None:
    cr = paused()
    assert conclude(cr, inputs(cr, *CHILDREN)).requeue_after is None
    assert conclude(cr, inputs(cr, *CHILDREN, *SERVERS)).requeue_after == 300
