"""What keeps a pod from starting, in the forms in which kubelets and schedulers say it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from natsop_core.findings import Finding
from natsop_core.pod_problems import PodProblem, delays_until_problem, explained, pod_problem
from tests.unit.natsop_core.world import NOW, Object

SINCE = "2026-01-02T03:03:35Z"  # 30 s before NOW
JUST_NOW = "2026-01-02T03:04:00Z"  # 5 s before


def pod(name: str = "c-0", *, scheduled: str = "True", since: str = SINCE, **status: Any) -> Object:
    """A pod of a cluster that waits for its containers, as the API server gives it."""
    conditions = [{"type": "PodScheduled", "status": scheduled, "lastTransitionTime": since}]
    return {
        "metadata": {"name": name, "namespace": "prod"},
        "spec": {
            "nodeName": "n1",
            "containers": [{"name": "nats", "image": "nats:2.12.6-alpin"}],
            "volumes": [
                {"name": "config", "configMap": {"name": "c-config"}},
                {"name": "jetstream", "persistentVolumeClaim": {"claimName": "jetstream-c-0"}},
                {"name": "ca", "projected": {"sources": [{"secret": {"name": "ca"}}]}},
                {"name": "pid", "emptyDir": {}},
            ],
        },
        "status": {"phase": "Pending", "conditions": conditions, **status},
    }


def with_container(state: Object, **more: Any) -> Object:
    mounted = {"type": "PodReadyToStartContainers", "status": "True"}
    container = {"name": "nats", "ready": False, "state": state, **more}
    return pod(conditions=[mounted], containerStatuses=[container])


def waiting(reason: str, message: str = "", **more: Any) -> Object:
    return with_container({"waiting": {"reason": reason, "message": message}}, **more)


def terminated(code: int, reason: str = "Error", message: str = "") -> Object:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def found(of: Object, claims: Object | None = None) -> PodProblem:
    problem = pod_problem(of, claims or {}, NOW)
    assert problem is not None
    return problem


# Images


NOT_FOUND = 'failed to resolve reference "docker.io/library/nats:2.12.6-alpin": not found'


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("ErrImagePull", NOT_FOUND),
        ("ImagePullBackOff", f'Back-off pulling image "nats:2.12.6-alpin": ErrImagePull: {NOT_FOUND}'),
    ],
)
def test_an_image_that_cannot_be_pulled_is_told_the_same_while_the_kubelet_tries_and_waits(
    reason: str, words: str
) -> None:
    problem = found(waiting(reason, words))
    assert problem.reason == "ImagePullFailed"
    assert problem.problem == f"the image nats:2.12.6-alpin of container nats cannot be pulled: {NOT_FOUND}."


@pytest.mark.parametrize(
    ("reason", "words"),
    [("InvalidImageName", 'Failed to apply default image tag "nats:"'), ("ErrImageNeverPull", "not present"),
     ("ImagePullBackOff", 'Back-off pulling image "nats:2.12.6-alpin"')],
)  # fmt: skip
def test_any_fault_of_an_image_names_image_and_container(reason: str, words: str) -> None:
    problem = found(waiting(reason, words))
    assert problem.reason == "ImagePullFailed"
    assert "nats:2.12.6-alpin of container nats" in problem.problem
    assert problem.problem.endswith(".")


def test_the_number_of_a_failed_connection_is_left_out_since_it_changes_with_each() -> None:
    told = {
        found(waiting("ErrImagePull", f"lookup r on [::1]:53: read udp [::1]:{port}->[::1]:53: refused")).problem
        for port in (1, 2)
    }
    [problem] = told
    assert problem.endswith("lookup r on [::1]:53: read udp … refused.")


def test_words_of_any_length_are_read_at_once() -> None:
    assert found(waiting("ErrImagePull", "a:1" * 2**18)).problem


# Containers


@pytest.mark.parametrize("reason", ["CreateContainerConfigError", "CreateContainerError"])
def test_a_missing_secret_of_the_environment_is_told_in_the_kubelet_s_words(reason: str) -> None:
    problem = found(waiting(reason, 'secret "t-pw" not found'))
    assert problem.reason == "ContainerConfigInvalid"
    assert problem.problem == 'container nats cannot be created: secret "t-pw" not found.'


@pytest.mark.parametrize(
    "state",
    [
        waiting("CrashLoopBackOff", "back-off 5m0s restarting", lastState=terminated(137, "OOMKilled"), restartCount=7),
        with_container(terminated(137, "OOMKilled"), restartCount=3),
        with_container({"running": {}}, lastState=terminated(137, "OOMKilled"), restartCount=1),
    ],
)
def test_a_container_that_crashes_is_told_the_same_while_it_waits_ends_and_starts(state: Object) -> None:
    problem = found(state)
    assert problem.reason == "ContainerCrashing"
    assert problem.problem == "container nats exited with code 137 (OOMKilled)."
    assert problem.remedy == "See its log: kubectl logs -n prod c-0 -c nats --previous."


def test_a_program_that_ends_well_again_and_again_crashes_too() -> None:
    problem = found(waiting("CrashLoopBackOff", lastState=terminated(0, "Completed")))
    assert problem.problem == "container nats exited with code 0 (Completed)."


def test_a_program_that_cannot_be_started_is_told_in_the_runtime_s_words() -> None:
    state = terminated(128, "StartError", 'exec: "nats-serve": executable file not found in $PATH')
    problem = found(waiting("CrashLoopBackOff", lastState=state))
    assert problem.problem.endswith('(StartError): exec: "nats-serve": executable file not found in $PATH.')


def test_what_a_program_printed_last_is_never_told() -> None:
    """It may hold a password."""
    problem = found(waiting("CrashLoopBackOff", lastState=terminated(1, "Error", "password hunter2")))
    assert "hunter2" not in str(problem)


def test_the_server_is_told_before_the_containers_that_wait_for_it() -> None:
    broken = waiting("ErrImagePull", NOT_FOUND)
    exporter = {"name": "metrics", "ready": False, "state": terminated(1)}
    broken["status"]["containerStatuses"].insert(0, exporter)
    assert found(broken).reason == "ImagePullFailed"


def test_a_container_that_works_again_has_no_problem() -> None:
    container = {"name": "nats", "ready": True, "state": {"running": {}}, "lastState": terminated(1)}
    assert pod_problem(pod(phase="Running", containerStatuses=[container]), {}, NOW) is None


def test_an_init_container_that_has_done_its_work_has_no_problem() -> None:
    done = {"name": "mesh", "ready": False, "state": terminated(0, "Completed")}
    assert pod_problem(pod(phase="Running", initContainerStatuses=[done]), {}, NOW) is None


def test_an_init_container_that_somebody_injected_and_that_fails_is_named() -> None:
    failed = {"name": "mesh", "ready": False, "state": terminated(2)}
    assert found(pod(phase="Running", initContainerStatuses=[failed])).problem.startswith("container mesh exited")


def test_a_pod_that_is_being_deleted_has_no_problem() -> None:
    leaving = waiting("ErrImagePull", NOT_FOUND)
    leaving["metadata"]["deletionTimestamp"] = SINCE
    assert pod_problem(leaving, {}, NOW) is None


# The scheduler


def unschedulable(message: str, since: str = SINCE) -> Object:
    condition = {"type": "PodScheduled", "status": "False", "message": message, "lastTransitionTime": since}
    return pod(conditions=[condition])


def test_a_pod_that_no_node_takes_is_told_in_the_scheduler_s_words() -> None:
    problem = found(unschedulable("0/3 nodes are available: 3 Insufficient memory."))
    assert problem.reason == "Unschedulable"
    assert problem.problem == "no node fits: 0/3 nodes are available: 3 Insufficient memory."


def test_a_claim_that_waits_for_its_volume_is_named() -> None:
    pending = {"jetstream-c-0": {"status": {"phase": "Pending"}}}
    problem = found(
        unschedulable("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."), pending
    )
    assert problem.problem.endswith("PersistentVolumeClaims that are not bound: jetstream-c-0.")


def test_a_pod_whose_claim_is_bound_in_a_moment_is_no_problem() -> None:
    young = unschedulable("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", JUST_NOW)
    assert pod_problem(young, {}, NOW) is None
    assert list(delays_until_problem([young], NOW)) == [10.0]


# Volumes


CREATING: Object = {
    "containerStatuses": [{"name": "nats", "ready": False, "state": {"waiting": {"reason": "ContainerCreating"}}}]
}


def test_a_pod_whose_volumes_are_not_mounted_names_what_it_mounts() -> None:
    problem = found(pod(**CREATING))
    assert problem.reason == "VolumeNotMounted"
    assert problem.problem == (
        "node n1 cannot mount its volumes, or set up its network."
        " It mounts ConfigMap c-config, PersistentVolumeClaim jetstream-c-0, Secret ca."
    )
    assert "kubectl describe pod -n prod c-0" in problem.remedy


def test_a_pod_that_has_just_been_scheduled_is_given_time_to_mount_its_volumes() -> None:
    young = pod(since=JUST_NOW, **CREATING)
    assert pod_problem(young, {}, NOW) is None
    assert list(delays_until_problem([young], NOW)) == [10.0]
    later = NOW + timedelta(seconds=10)
    assert pod_problem(young, {}, later) is not None
    assert list(delays_until_problem([young], later)) == []


def test_a_pod_that_pulls_a_large_image_has_its_volumes() -> None:
    mounted = {"type": "PodReadyToStartContainers", "status": "True"}
    pulling = pod(**CREATING)
    pulling["status"]["conditions"].append(mounted)
    assert pod_problem(pulling, {}, NOW) is None
    assert list(delays_until_problem([pulling], NOW)) == []


# In words


def problem(of: str, text: str = "it is broken.") -> PodProblem:
    return PodProblem(of, "ImagePullFailed", text, "Mend it.")


WITHOUT = Finding("PodsNotReady", "0 of 3 servers are ready.")


def test_without_a_problem_the_finding_is_what_it_was() -> None:
    assert explained(WITHOUT, []) == WITHOUT


def test_pods_with_the_same_problem_are_told_together() -> None:
    told = explained(WITHOUT, [problem("c-0"), problem("c-1"), problem("c-2", "it has no node.")])
    assert told == Finding(
        "ImagePullFailed",
        "0 of 3 servers are ready. Pods c-0, c-1: it is broken. Mend it. Pod c-2: it has no node. Mend it.",
    )


def test_a_hundred_problems_fit_into_one_message() -> None:
    told = explained(WITHOUT, [problem(f"c-{each}", f"broken {each}.") for each in range(100)])
    assert told.message.count("Mend it.") == 3
