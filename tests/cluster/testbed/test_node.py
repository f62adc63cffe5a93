"""What the rest of the cluster tests rely on: a node that runs pods as any Kubernetes would."""

import json

import pytest

from tests.testbed import diagnosis, versions
from tests.testbed.client import ApiError, Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.fetchers import table
from tests.testbed.namespace import Namespace
from tests.testbed.wait import wait_until


def restricted_container(image: str, *command: str) -> Manifest:
    return {
        "name": "main",
        "image": image,
        "command": list(command),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def restricted_pod(name: str, image: str, *command: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "containers": [restricted_container(image, *command)],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 1000,
                "fsGroup": 1000,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "terminationGracePeriodSeconds": 1,
        },
    }


SLEEP = ("sh", "-c", "echo started; trap 'exit 0' TERM; while true; do sleep 1; done")
BOX = versions.NATS_BOX_IMAGE


@pytest.mark.usefixtures("kubernetes")
def test_all_that_comes_from_the_network_was_fetched_before() -> None:
    assert [row.fetcher.name for row in table() if row.fetcher.missing()] == []


def test_a_claim_gets_a_volume_of_its_own_that_its_pod_can_write_to(namespace: Namespace) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    pod = restricted_pod("writer", BOX, *SLEEP)
    pod["spec"]["volumes"] = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]
    namespace.client.create(claim)
    namespace.client.create(pod)
    namespace.wait_for_condition("Pod", "writer", "Ready")

    namespace.exec("writer", "sh", "-c", "echo hello > /data/file")

    def is_there() -> bool:  # on a busy machine, kubectl may lose what a command says that ends at once
        return namespace.exec("writer", "cat", "/data/file").stdout == "hello\n"

    namespace.wait_until(is_there, what="the file has what was written")
    assert namespace.exec("writer", "touch", "/elsewhere", check=False).code == 1
    namespace.wait_until(lambda: namespace.logs("writer") == "started\n", what="the log has what was said")


def test_pods_reach_a_server_by_its_services_name(namespace: Namespace) -> None:
    server = restricted_pod("nats", versions.nats_image(versions.NATS_SERVER_DEFAULT))
    server["spec"]["containers"][0].pop("command")
    server["spec"]["containers"][0]["args"] = ["-m", "8222"]
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "nats"},
        "spec": {"selector": {"app": "nats"}, "ports": [{"port": 4222}]},
    }
    for manifest in (server, service, restricted_pod("box", BOX, *SLEEP)):
        namespace.client.create(manifest)
    for pod in ("nats", "box"):
        namespace.wait_for_condition("Pod", pod, "Ready")

    def rtt() -> bool:
        answer = namespace.exec(
            "box", "env", "USER=nats", "HOME=/tmp", "nats", "--server=nats://nats:4222", "rtt", check=False
        )
        assert answer.code == 0, answer.stderr
        return True

    namespace.wait_until(rtt, 60, "nats rtt succeeds through the Service")
    assert f"Version:  {versions.NATS_SERVER_DEFAULT}" in namespace.logs("nats")


def test_the_diagnosis_of_a_failed_test_shows_what_a_crashed_container_said(namespace: Namespace) -> None:
    namespace.client.create(restricted_pod("broken", BOX, "sh", "-c", "echo the reason; exit 3"))

    def restarted() -> str:
        """The kubelet may just be exchanging the container, and then has neither's log."""
        seen = diagnosis.of_namespace(namespace)
        assert "Log of broken main before its restart:\n  the reason" in seen
        return seen

    seen = namespace.wait_until(restarted, 240, "the container's last words are shown")

    assert "'exitCode': 3" in seen
    assert "Normal Scheduled Pod/broken" in seen


def test_the_namespace_enforces_restricted_pods(namespace: Namespace) -> None:
    pod = restricted_pod("root", BOX, *SLEEP)
    pod["spec"]["securityContext"] = {}
    with pytest.raises(ApiError, match="violates PodSecurity"):
        namespace.client.create(pod)


def test_a_service_accounts_kubeconfig_has_that_accounts_rights_and_no_more(
    kubernetes: Cluster, namespace: Namespace
) -> None:
    kubeconfig = kubernetes.kubeconfig_for_service_account(namespace.name, "default")
    mark = kubernetes.audit.mark()

    answer = namespace.kubectl(f"--kubeconfig={kubeconfig}", "get", "secrets", check=False)

    assert "cannot list resource" in answer.stderr
    user = f"system:serviceaccount:{namespace.name}:default"
    seen = namespace.wait_until(lambda: kubernetes.audit.entries(since=mark, user=user), what="the audit log has it")
    assert {(entry.verb, entry.resource, entry.code) for entry in seen if entry.resource} == {("list", "secrets", 403)}


def test_the_volumes_of_a_deleted_namespace_go_with_it(kubernetes: Cluster) -> None:
    """Asserted on all volumes: each belongs to a claim that still exists."""

    def orphans() -> list[str]:
        volumes = kubernetes.client.list("PersistentVolume")
        return [v["metadata"]["name"] for v in volumes if v["status"].get("phase") == "Released"]

    def none_left() -> bool:
        assert not (found := orphans()), json.dumps(found)
        return True

    wait_until(none_left, 240, "no volume is left of a claim that is gone")
