"""A release of the chart from its installation to its end, with the image, on a node. The tests build on each other."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from ruamel.yaml import YAML

from tests.chart import RELEASE, nested
from tests.cluster.chart.go_release import go_chart, go_objects
from tests.cluster.chart.helm_releases import DEFINITIONS, older_definitions
from tests.cluster.cli.plugin import answer, plugin
from tests.cluster.go_objects import FOLDER, put
from tests.cluster.node.nats import JETSTREAM, READY_WITHIN, SMALL, Box, Stream
from tests.install.installation import DEPLOYMENT, LABELS, ROLLED_WITHIN, Installation, out_of_turn, writes
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace, new_namespace
from tests.testbed.repeated import repeated
from tests.testbed.wait import wait_until
from tests.unit.chart.go_values import GO_VALUES

QUICK_START: Final = Path(__file__).parents[2] / "docs" / "examples" / "quick-start.yaml"
PRODUCTION: Final = nested({"replicaCount": 2, "podDisruptionBudget.enabled": True})
CHANGED: Final = nested({"replicaCount": 2, "logLevel": "debug", "podLabels": {"tier": "control"}})

CONTEXTS: Final[dict[str, Manifest]] = {
    "solo": {"replicas": 1},
    "trio": {"replicas": 3},
    "store": {"replicas": 1, "config": {"jetstream": JETSTREAM}},
}
"""What the Go program's own end-to-end tests had: one server, three, and JetStream on a volume."""

VALUES_OF_GO: Final = (
    *("commonLabels", "podAnnotations", "podLabels", "podSecurityContext", "securityContext", "resources"),
    *("nodeSelector", "metrics.service.annotations", "terminationGracePeriodSeconds"),
)
"""Of the Go chart's values, some that a user's file may well set, and a pod on this node can have."""


def cluster(name: str, spec: Manifest) -> Manifest:
    identity = {"apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": "NatsCluster", "metadata": {"name": name}}
    return {**identity, "spec": {**spec, "container": {"resources": SMALL}}}


def quick_start() -> Iterator[Manifest]:
    """That of the docs, with less of what a node has to give."""
    for manifest in YAML(typ="safe").load_all(QUICK_START):
        if manifest["kind"] == "NatsCluster":
            manifest["spec"]["container"]["resources"] = SMALL
            manifest["spec"]["config"]["jetstream"]["fileStore"]["pvc"]["resources"]["requests"]["storage"] = "1Gi"
        yield manifest


def await_ready(namespace: Namespace, *names: str) -> None:
    for name in names:
        namespace.wait_for_condition("NatsCluster", name, "Ready", timeout=READY_WITHIN)


def await_handled(namespace: Namespace, name: str) -> None:
    """Change what makes no pod anew, and wait until the operator has seen it."""
    label = {"podDisruptionBudget": {"labels": {"edit": uuid4().hex}}}
    generation = namespace.client.patch("NatsCluster", name, {"spec": label})["metadata"]["generation"]

    def handled() -> bool:
        status = namespace.client.get("NatsCluster", name)["status"]
        return bool(status["observedGeneration"] == generation)

    namespace.wait_until(handled, READY_WITHIN, f"the operator has seen the edit of {name}")


def test_a_packaged_chart_installs_two_replicas_that_may_do_little(
    installation: Installation, archive: Path, record_property: Callable[[str, object], None]
) -> None:
    installation.install_ready(archive, PRODUCTION)
    wait_until(installation.holder, what="one of them leads")
    pods = installation.pods()
    assert [each["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"] for each in pods] == [True, True]
    assert [each["status"]["containerStatuses"][0]["restartCount"] for each in pods] == [0, 0]
    seconds = [installation.seconds_to_sync(each) for each in pods]
    record_property("seconds from the container's start to the state of the cluster", seconds)
    print(f"synced {max(seconds):.1f} s after the container's start")


def test_the_quick_start_and_the_contexts_of_the_go_program_become_ready(team: Namespace) -> None:
    for manifest in (*quick_start(), *(cluster(name, spec) for name, spec in CONTEXTS.items())):
        team.client.create(manifest)
    await_ready(team, "my-nats", *CONTEXTS)
    team.wait_for_condition("NatsBox", "my-box", "Ready", timeout=READY_WITHIN)
    (claim,) = team.client.list("PersistentVolumeClaim", labels="app.kubernetes.io/instance=store")
    assert claim["status"]["phase"] == "Bound"
    stream = Stream(Box(team, "deploy/my-box"))
    stream.add(replicas=3)
    stream.wait_until_holds(stream.publish(5))


def test_the_plugin_s_doctor_finds_operator_leader_rights_and_clusters_as_they_should_be(
    installation: Installation, team: Namespace, tmp_path: Path
) -> None:
    checks = {each["check"]: each for each in answer(team, "doctor")["checks"]}
    assert [each for each in checks.values() if each["outcome"] != "ok"] == []
    assert "2 of 2 pods are ready" in checks["operator"]["message"]
    assert installation.holder() in checks["leader"]["message"]
    assert {"rights", f"NatsCluster {team.name}/my-nats, streams", f"NatsBox {team.name}/my-box"} <= checks.keys()
    report = tmp_path / "report.tar.gz"
    assert plugin(team, "report", "my-nats", f"--output-file={report}").returncode == 0
    with tarfile.open(report) as archive:
        logs = {Path(name).name for name in archive.getnames() if "/logs/operator/" in name}
    assert len(logs) == 2, logs


def test_metrics_are_served_to_those_alone_who_may_read_them(installation: Installation, team: Namespace) -> None:
    for name in ("reader", "stranger"):
        team.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    role = f"{RELEASE}-metrics-reader"
    team.kubectl(
        "create", "clusterrolebinding", "reader", f"--clusterrole={role}", f"--serviceaccount={team.name}:reader"
    )
    tokens = {name: token_of(installation, team, name) for name in ("reader", "stranger")}
    try:
        assert installation.metrics("").status_code == 401
        assert installation.metrics("made-up").status_code == 401
        assert installation.metrics(tokens["stranger"]).status_code == 403
        answer = wait_until(lambda: ok(installation.metrics(tokens["reader"])), what="the reader may read")
        assert 'natsop_build_info{version="' in answer
        wait_until(lambda: reconciled(installation, tokens["reader"]), what="the leader answers, who has worked")
    finally:
        team.kubectl("delete", "clusterrolebinding", "reader")


def ok(answer: Any) -> str:
    return str(answer.text) if answer.status_code == 200 else ""


def reconciled(installation: Installation, token: str) -> bool:
    """The Service asks either replica."""
    reconciliations = r'^controller_runtime_reconcile_time_seconds_count\{controller="natscluster"\} [1-9]'
    return re.search(reconciliations, ok(installation.metrics(token)), re.MULTILINE) is not None


def token_of(installation: Installation, namespace: Namespace, account: str) -> str:
    config = installation.cluster.kubeconfig_for_service_account(namespace.name, account)
    return str(json.loads(config.read_text())["users"][0]["user"]["token"])


def test_an_upgrade_with_other_values_replaces_the_pods_and_no_server(
    installation: Installation, archive: Path, team: Namespace
) -> None:
    before = servers(team)
    installation.install_ready(archive, CHANGED)
    assert {each["metadata"]["labels"]["tier"] for each in installation.pods()} == {"control"}
    await_handled(team, "trio")
    await_ready(team, "trio")
    assert servers(team) == before


def servers(namespace: Namespace) -> set[str]:
    """The UIDs of the pods with servers in them."""
    pods = namespace.client.list("Pod", labels="app.kubernetes.io/managed-by=nats-operator")
    assert len(pods) >= 2 + sum(spec["replicas"] for spec in CONTEXTS.values()), "those of the contexts, and more"
    return {each["metadata"]["uid"] for each in pods}


def test_a_rolling_restart_never_lets_two_work_and_the_work_goes_on(
    installation: Installation, team: Namespace
) -> None:
    old = {each["metadata"]["name"] for each in installation.pods()}
    leader, mark = installation.holder(), installation.cluster.audit.mark()
    operator = installation.namespace
    with budget_deleted_all_the_time(team, "trio-pdb"):
        wait_until(lambda: worked(installation, mark, old), what="the old leader works")
        operator.kubectl("rollout", "restart", f"deployment/{DEPLOYMENT}")
        wait = f"--timeout={ROLLED_WITHIN}s"
        operator.kubectl("rollout", "status", f"deployment/{DEPLOYMENT}", wait, timeout=ROLLED_WITHIN + 10)
        wait_until(lambda: not old & {each["metadata"]["name"] for each in installation.pods()}, 60, "they are gone")
        new = {each["metadata"]["name"] for each in installation.pods()}
        wait_until(lambda: worked(installation, mark, new), 60, "a new leader works")
    wait_until(lambda: team.client.find("PodDisruptionBudget", "trio-pdb"), what="the budget is back")
    found = writes(installation.cluster, mark)
    leaders = {write.pod for write in found if write.resource == "leases"}
    assert leader in leaders & old
    assert leaders & new
    assert out_of_turn(found, leader) == []


def worked(installation: Installation, mark: int, pods: set[str]) -> bool:
    found = writes(installation.cluster, mark)
    return any(write.pod in pods and write.resource == "poddisruptionbudgets" for write in found)


@contextmanager
def budget_deleted_all_the_time(namespace: Namespace, name: str) -> Iterator[None]:
    """So that there is always something to do."""
    with repeated(lambda: namespace.client.delete("PodDisruptionBudget", name, missing_ok=True), every=0.3):
        yield


def test_after_an_uninstall_there_are_clusters_and_definitions_and_nothing_else(
    installation: Installation, team: Namespace
) -> None:
    before = servers(team)
    installation.uninstall()
    wait_until(lambda: not installation.pods(), ROLLED_WITHIN, "the pods are gone")
    assert leftovers(installation) == {f"customresourcedefinition.apiextensions.k8s.io/{name}" for name in DEFINITIONS}
    assert servers(team) == before
    assert {each["metadata"]["name"] for each in team.client.list("NatsCluster")} == {"my-nats", *CONTEXTS}
    stream = Stream(Box(team, "deploy/my-box"))
    assert len(stream.messages()) == 5


def leftovers(installation: Installation) -> set[str]:
    """The names of all objects with the release's label, of whatever kind the API server knows."""
    kubectl = installation.cluster.kubectl
    kinds = kubectl("api-resources", "--verbs=list", "--output=name").stdout.split()
    listed = kubectl("get", ",".join(kinds), "--all-namespaces", f"--selector={LABELS}", "--output=name", timeout=120)
    return set(listed.stdout.split())


@pytest.mark.skipif(not FOLDER.exists(), reason=f"the Go program's objects are not at {FOLDER}")
def test_a_release_of_the_go_program_is_taken_over_with_its_clusters(
    installation: Installation, archive: Path, team: Namespace, tmp_path: Path
) -> None:
    """None of its pods runs, since there is no image of it: what the operator had made is there as recorded."""
    values = nested({name: GO_VALUES[name] for name in VALUES_OF_GO})
    installation.install(go_chart(tmp_path, go_objects()), values=values)
    newest = installation.schemas()
    for definition in older_definitions():
        installation.client.apply(definition)
    theirs = put(installation.client.in_namespace("default"), "minimal")
    before = servers(team)
    try:
        installation.install_ready(archive, values)
        default = Namespace(installation.cluster, "default")
        default.wait_for_condition("NatsCluster", "solo", "Degraded", "False", timeout=READY_WITHIN)
        for each in theirs:
            now = default.client.get(each["kind"], each["metadata"]["name"])
            assert now["metadata"]["uid"] == each["metadata"]["uid"]
        await_handled(team, "trio")
        assert servers(team) == before
        assert installation.schemas() == newest
    finally:
        installation.client.delete("NatsCluster", "solo", namespace="default", missing_ok=True)
        installation.uninstall()


def test_with_roles_only_it_works_in_its_namespace_and_in_no_other(
    installation: Installation, archive: Path, team: Namespace
) -> None:
    with new_namespace(installation.cluster, "watched") as watched:
        installation.install_ready(archive, nested({"watchNamespaces": [watched.name], "metrics.enabled": False}))
        assert not [name for name in leftovers(installation) if name.startswith("clusterrole")]
        team.client.create(cluster("ignored", {"replicas": 1}))
        watched.client.create(cluster("seen", {"replicas": 1}))
        await_ready(watched, "seen")
        assert not team.client.get("NatsCluster", "ignored").get("status")
        (pod,) = installation.pods()
        assert not [line for line in installation.log(pod["metadata"]["name"]) if line["level"] in {"error", "warning"}]
        installation.uninstall()
