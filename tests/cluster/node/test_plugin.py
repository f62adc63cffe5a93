"""`kubectl natsop` on the node: what it shows of a real cluster, of a broken one, and what it changes."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path
from typing import Any

from natsop_core import names
from tests.cluster.cli.plugin import answer, kubeconfig_of_a_viewer, plugin
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    Stream,
    edit,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_ready,
)
from tests.testbed.namespace import Namespace

PASSWORD = "hunter2-of-the-node-test"  # noqa: S105
CONF = f"authorization {{ users: [{{user: orders, password: {PASSWORD}}}, {{user: nobody, password: other}}] }}\n"


def status(namespace: Namespace) -> dict[str, Any]:
    found: dict[str, Any] = answer(namespace, "status", CLUSTER)
    return found


def test_the_plugin_shows_streams_refusals_and_remedies_and_pauses_and_restarts(
    workspace: Namespace, tmp_path: Path
) -> None:
    stream = Stream(start(workspace, nats_cluster(replicas=3, jetstream=JETSTREAM)))
    stream.add(replicas=3)
    stream.publish(5)
    stream.wait_until_current(replicas=3)

    assert_healthy(workspace)
    workspace.wait_until(lambda: is_checked(workspace), READY_WITHIN, "the doctor finds no problem")
    assert_a_viewer_sees_the_rest(workspace)
    edits_wait_while_paused(workspace)
    assert_refusal_is_shown(workspace)
    assert_a_missing_secret_is_shown(workspace)
    assert_reported_without_secrets(workspace, tmp_path)
    assert_restarts(workspace)


def is_settled(namespace: Namespace) -> bool:
    found = status(namespace)
    assert found["settled"] is True, found["unsettled"]
    return True


def assert_healthy(namespace: Namespace) -> None:
    namespace.wait_until(lambda: is_settled(namespace), READY_WITHIN, "the cluster is settled")
    found = status(namespace)
    assert (found["healthy"], found["problems"]) == (True, []), found
    assert found["quorum"] == {"pods": 3, "wanted": 3, "ready": 3, "needed": 2, "holds": True}
    assert found["notKnown"] == {}
    [stream] = found["jetStream"]["streams"]
    assert (stream["stream"], stream["replicas"], stream["current"], stream["messages"]) == ("ORDERS", 3, 3, 5)
    group = found["jetStream"]["metaGroup"]
    assert (group["size"], group["leader"] in pods_of(3), group["offline"]) == (3, True, [])
    assert [row["routes"] > 0 for row in found["servers"]] == [True] * 3
    screen = plugin(namespace, "status", CLUSTER)
    assert screen.returncode == 0
    assert max(map(len, screen.stdout.splitlines())) <= 100
    for word in ("Ready: True", "3 of 3 ready, 2 needed", "No problems found.", "ORDERS", "3 of 3 members online"):
        assert word in screen.stdout, screen.stdout


def is_checked(namespace: Namespace) -> bool:
    """Except the operator: this one runs outside the cluster, and other tests install theirs at the same time.

    On a busy machine a replica may be behind again for a moment.
    """
    checks = {each["check"]: each for each in answer(namespace, "doctor", CLUSTER)["checks"]}
    cluster = f"NatsCluster {namespace.name}/{CLUSTER}"
    ours = [each for name, each in checks.items() if name.startswith((cluster, "CRD ", "NACK"))]
    assert not [each for each in ours if each["outcome"] == "problem"]
    for name in ("quorum", "settled", "volumes", "meta group", "streams", "clocks"):
        assert checks[f"{cluster}, {name}"]["outcome"] == "ok", checks
    for kind in ("natsclusters", "natsboxes"):
        assert checks[f"CRD {kind}.nats.crewlet.cloud"]["outcome"] == "ok", checks
    return True


def assert_a_viewer_sees_the_rest(namespace: Namespace) -> None:
    """Kubernetes' own role `view` does not let one ask a pod through the API server."""
    screen = plugin(namespace, "status", CLUSTER, kubeconfig=kubeconfig_of_a_viewer(namespace))
    assert screen.returncode == 0, screen
    for words in ("Ready: True", "3 of 3 ready", 'which needs the right "get pods/proxy"'):
        assert words in screen.stdout, screen.stdout
    assert "JetStream" not in screen.stdout
    assert "Settled" not in screen.stdout


def edits_wait_while_paused(namespace: Namespace) -> None:
    """And are carried out afterwards."""
    assert plugin(namespace, "pause", CLUSTER).returncode == 0
    namespace.wait_for_condition("NatsCluster", CLUSTER, "Paused")
    edit(namespace, podDisruptionBudget={"enabled": False})
    namespace.wait_until(lambda: "edit of the spec is not applied" in plugin(namespace, "status", CLUSTER).stdout)
    assert namespace.client.find("PodDisruptionBudget", f"{CLUSTER}-pdb") is not None
    found = status(namespace)
    assert (found["healthy"], found["paused"]) == (True, True), found
    assert plugin(namespace, "resume", CLUSTER).returncode == 0
    wait_until_ready(namespace)
    assert namespace.client.find("PodDisruptionBudget", f"{CLUSTER}-pdb") is None


def assert_refusal_is_shown(namespace: Namespace) -> None:
    edit(namespace, replicas=1)
    namespace.wait_for_condition("NatsCluster", CLUSTER, "Degraded")
    screen = plugin(namespace, "status", CLUSTER)
    assert screen.returncode == 1
    assert "UnsafeScale" in screen.stdout
    assert "→" in screen.stdout.partition("UnsafeScale")[2]
    edit(namespace, replicas=3)
    wait_until_ready(namespace)


def assert_a_missing_secret_is_shown(namespace: Namespace) -> None:
    include = {"name": "users.conf", "secret": {"name": "users", "key": "users.conf"}}
    edit(namespace, config={"includes": [include]})
    namespace.wait_for_condition("NatsCluster", CLUSTER, "Degraded")
    found = status(namespace)
    assert not found["healthy"]
    assert found["problems"][0]["reason"] == "SecretNotFound"
    assert "users" in found["problems"][0]["message"]
    assert found["problems"][0]["remedy"]
    labels = names.cluster_selector(CLUSTER)  # so that the report lists it, too
    secret = {"metadata": {"name": "users", "labels": labels}, "stringData": {"users.conf": CONF}}
    namespace.client.create({"apiVersion": "v1", "kind": "Secret", **secret})
    namespace.wait_for_condition("NatsCluster", CLUSTER, "Degraded", "False")


def assert_reported_without_secrets(namespace: Namespace, folder: Path) -> None:
    path = folder / "report.tar.gz"
    done = plugin(namespace, "report", CLUSTER, f"--output-file={path}")
    assert done.returncode == 0, done.stderr
    assert path.stat().st_mode & 0o077 == 0
    with tarfile.open(path) as archive:
        texts = {
            member.name.partition("/")[2]: (archive.extractfile(member) or sys.stdin.buffer).read().decode()
            for member in archive.getmembers()
        }
    assert not [name for name, text in texts.items() if PASSWORD in text]
    assert {"README.txt", "summary.txt", "doctor.txt", "objects/NatsCluster.yaml", "objects/Pod.yaml"} <= texts.keys()
    assert "name: users" in texts["objects/Secret.yaml"]
    assert "\ndata:" not in texts["objects/Secret.yaml"]
    assert "jetstream {" in texts["objects/ConfigMap.yaml"]
    assert "ORDERS" in texts[f"servers/{CLUSTER}-0.yaml"]
    assert "Starting nats-server" in texts[f"logs/{CLUSTER}-0-nats.log"]
    assert texts["objects/StatefulSet.yaml"].count("kind: StatefulSet") == 1


def assert_restarts(namespace: Namespace) -> None:
    before = uids(namespace, pods_of(3))
    assert plugin(namespace, "restart", CLUSTER).returncode == 0
    unsettled: list[dict[str, str]] = []

    def restarted() -> bool:
        unsettled.extend(status(namespace)["unsettled"])
        now = uids(namespace, pods_of(3))
        return not {*now} & {*before}

    namespace.wait_until(restarted, READY_WITHIN, "all servers are restarted")
    assert {"ServerOutdated", "ServerSilent"} <= {each["reason"] for each in unsettled}, unsettled
    namespace.wait_until(lambda: is_settled(namespace), READY_WITHIN, "the cluster is settled again")
    template = namespace.client.get("StatefulSet", CLUSTER)["spec"]["template"]
    assert "kubectl.kubernetes.io/restartedAt" in template["metadata"]["annotations"]
