"""What is reported of pods that do not start."""

from __future__ import annotations

import pytest

from natsop_core.actions import Delete
from natsop_core.api.read import read_cluster
from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.kinds import PODS
from natsop_core.outcomes import Applied
from tests.unit.natsop_core.claims import claim
from tests.unit.natsop_core.states import CHILDREN, TRIO, answers, running
from tests.unit.natsop_core.trio import SERVERS, conclude, report_of
from tests.unit.natsop_core.world import (
    box,
    cluster,
    cluster_object,
    conditions,
    inputs,
    live_children,
    message,
    one_of,
    plan_of,
    pod,
    pod_without_image,
    said_before,
    settled_status,
)


def test_what_keeps_the_servers_from_starting_stands_in_available_progressing_and_ready() -> None:
    children = running(readyReplicas=0)
    report = report_of(TRIO, *children, *(pod_without_image(f"c-{ordinal}") for ordinal in range(3)))
    found = conditions(report.status)
    assert (found["Available"], found["Progressing"]) == (("False", "ImagePullFailed"), ("True", "ImagePullFailed"))
    assert found["Ready"] == ("False", "ImagePullFailed")
    assert message(report.status, "Available") == (
        "0 of 3 servers ready; 2 needed. Pods c-0, c-1, c-2: the image nats:2.12.6-alpin of container nats cannot be"
        " pulled: not found. Correct the image or its pull secrets, or make the registry reachable."
    )


def test_a_new_revision_that_does_not_start_is_no_outage() -> None:
    report = report_of(
        TRIO, *running(readyReplicas=2, updatedReplicas=1), *SERVERS[:2], pod_without_image("c-2"), answers=answers()
    )
    found = conditions(report.status)
    assert (found["Available"], found["Progressing"]) == (("True", "EnoughReady"), ("True", "ImagePullFailed"))


def test_when_the_cause_is_gone_so_is_the_reason() -> None:
    said = {"conditions": [said_before("Available", "False", "ImagePullFailed")]}
    report = report_of(TRIO, *running(), *SERVERS, status=said, answers=answers())
    assert conditions(report.status)["Ready"] == ("True", "Ready")


def test_a_pod_that_waits_is_looked_at_when_that_counts_as_a_problem_and_not_before() -> None:
    young = pod("c-2", running=False)
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-01-02T03:03:55Z"}
    young["status"] = {"phase": "Pending", "conditions": [scheduled]}
    assert report_of(TRIO, *running(readyReplicas=2), young).requeue_after == 5
    assert report_of(TRIO, *running(readyReplicas=2)).requeue_after is None, "its pods' events will come"


@pytest.mark.parametrize(("policy", "delay"), [("OrderedReady", 55), ("Parallel", 300)])
def test_a_running_pod_is_looked_at_again_when_it_counts_as_stuck(policy: str, delay: float) -> None:
    *others, live = running(readyReplicas=2)
    live = {**live, "spec": {**live["spec"], "podManagementPolicy": policy}}
    unready = pod("c-2")
    since = {"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-02T03:04:00Z"}
    unready["status"] = {**unready["status"], "conditions": [since]}
    assert report_of(TRIO, *others, live, *SERVERS[:2], unready, answers=answers()).requeue_after == delay


@pytest.mark.parametrize("replicas", [3, 0])
def test_a_claim_that_waits_for_its_volume_is_named_whatever_the_spec_says(replicas: int) -> None:
    scheduled = {"type": "PodScheduled", "status": "False", "lastTransitionTime": "2026-01-02T03:00:00Z"}
    waiting = pod("c-0", running=False)
    waiting["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "jetstream-c-0"}}]
    waiting["status"] = {"phase": "Pending", "conditions": [{**scheduled, "message": "unbound claims."}]}
    pending = {**claim(0), "status": {"phase": "Pending"}}
    cr = read_cluster(cluster_object({**TRIO, "replicas": replicas}))
    seen = inputs(cr, *running(readyReplicas=0), waiting, pending)
    told = message(conclude(cr, seen).status, "Available")
    assert "Pod c-0: no node fits: unbound claims. PersistentVolumeClaims that are not bound: jetstream-c-0." in told


def test_a_box_says_what_keeps_its_pod_from_starting() -> None:
    cr = box()
    deployment = one_of(live_children(cr), "Deployment") | {"status": settled_status(1, readyReplicas=0)}
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    seen = inputs(cr, deployment, pod_without_image("b-5d8f-x2x7k", labels=labels))
    status = conclude_box(cr, seen, plan_of(cr, seen), {}).status
    assert conditions(status)["Ready"] == ("False", "ImagePullFailed")
    assert "Pod b-5d8f-x2x7k: the image" in message(status, "Ready")


def test_a_pod_of_an_older_revision_that_cannot_start_is_deleted_and_that_is_told() -> None:
    stateful_set = one_of(running(readyReplicas=2, updateRevision="new"), "StatefulSet")
    stuck = pod_without_image("c-2", labels={**SERVERS[0]["metadata"]["labels"], "controller-revision-hash": "bad"})
    stuck["metadata"]["ownerReferences"][0]["uid"] = stateful_set["metadata"]["uid"]
    cr = cluster(TRIO)
    seen = inputs(cr, *CHILDREN[:-1], stateful_set, stuck)
    plan = plan_of(cr, seen)
    key = PODS.key("prod", "c-2")
    assert plan.actions == (Delete(key, "uid-of-c-2"),)
    [event] = [
        each for each in conclude_cluster(cr, seen, plan, {key: Applied()}).events if each.reason == "PodReplaced"
    ]
    assert (event.type, event.is_passing) == ("Normal", True)
    assert event.message.startswith("Pod c-2 has an older revision and could not start.")
