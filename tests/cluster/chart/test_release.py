"""The chart on a real API server, installed, upgraded and uninstalled by a real Helm. No node: no pod runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.chart import CHART, NAMESPACE, WATCHED, nested, render
from tests.chart import helm as helm_binary
from tests.cluster.chart.go_release import go_chart, go_objects
from tests.cluster.chart.helm_releases import DEFINITIONS, Helm, older_chart, older_definitions
from tests.testbed.client import Client
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until
from tests.unit.chart.go_values import GO_VALUES

GO_NAMESPACE: Final = GO_VALUES["namespaceOverride"]
NO_PORTS: Final = {"healthProbeBindAddress": "0", "metrics.enabled": False}


def test_the_notes_name_a_next_step_that_works(helm: Helm) -> None:
    notes = helm.install()
    manifest = notes.partition("<<EOF\n")[2].partition("     EOF")[0]
    command = ("create", "--dry-run=server", "--validate=strict", "-f", "-")
    wait_until(lambda: helm.cluster.kubectl(*command, stdin=manifest), what="the API server takes the NatsCluster")


def test_an_upgrade_brings_the_new_definitions_and_an_uninstall_keeps_them(helm: Helm, tmp_path: Path) -> None:
    older = older_chart(tmp_path)
    helm.install(older)
    expected = {each["metadata"]["name"]: each["spec"]["versions"][0]["schema"] for each in older_definitions()}
    assert helm.schemas() == expected
    helm.create_cluster()
    helm.upgrade()
    assert helm.schemas() != expected
    newest = helm.schemas()

    said = helm.uninstall()
    assert all(name in said for name in DEFINITIONS)
    assert helm.objects() == {}
    assert helm.definitions() == sorted(DEFINITIONS)
    assert Client(helm.cluster.kubeconfig).get("NatsCluster", "my-nats", namespace=WATCHED[0])["spec"]["replicas"] == 3

    helm.install()
    assert helm.schemas() == newest


def test_the_definitions_go_with_the_release_where_that_is_wanted(helm: Helm) -> None:
    helm.install(values=nested({"crds.keep": False}))
    assert helm.definitions() == sorted(DEFINITIONS)
    helm.uninstall()
    wait_until(lambda: not helm.definitions(), timeout=240, what="no CRDs of ours")


def test_definitions_that_somebody_changed_are_mended_by_the_next_upgrade(helm: Helm) -> None:
    helm.install()
    newest = helm.schemas()
    for definition in older_definitions():
        helm.client.apply(definition)
    assert helm.schemas() != newest
    helm.upgrade()
    assert helm.schemas() == newest


def test_definitions_of_somebody_else_are_neither_used_nor_replaced_unasked(helm: Helm) -> None:
    helm.leave_foreign_definitions()
    before = helm.schemas()
    assert "invalid ownership metadata" in helm.refusal("install", "nats-operator", str(CHART))
    assert helm.schemas() == before
    helm.install(CHART, "--take-ownership")
    assert helm.schemas() != before


@pytest.mark.parametrize(
    "given", [{}, {name: GO_VALUES[name] for name in GO_VALUES if name != "leaderElection.enabled"}]
)
def test_a_release_of_the_go_chart_is_taken_over(helm: Helm, tmp_path: Path, given: dict[str, Any]) -> None:
    """With the same values file, its defaults or everything different from them."""
    place = {
        "prefix": given.get("fullnameOverride", "nats-operator"),
        "name": given.get("nameOverride", "nats-operator"),
        "namespace": given.get("namespaceOverride", NAMESPACE),
    }
    values = nested({**given, "crds.install": True})
    helm.leave_foreign_definitions()
    helm.install(go_chart(tmp_path, go_objects(**place)), values=values)
    before = helm.objects()
    stale = helm.schemas()

    helm.upgrade(CHART, "--take-ownership", values=values)
    after = helm.objects()
    uids = {key: each["metadata"]["uid"] for key, each in after.items()}
    assert {key: uid for key, uid in uids.items() if key in before} == {
        key: each["metadata"]["uid"] for key, each in before.items() if key in after
    }
    rendered = {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
        for each in render(values)
        if each["kind"] != "CustomResourceDefinition"
    }
    assert after.keys() == rendered
    assert helm.schemas() != stale
    (container,) = helm.pod()["containers"]
    assert "command" not in container
    assert container["args"][0] == "run"
    assert len(container["ports"]) == len({each["name"] for each in container["ports"]})

    helm.rollback(1)
    assert helm.objects().keys() == before.keys()
    assert helm.pod()["containers"][0]["command"] == ["/manager"]
    assert helm.definitions() == sorted(DEFINITIONS)


def test_an_upgrade_keeps_what_was_set(helm: Helm) -> None:
    helm.install(values=nested({"priorityClassName": "system-cluster-critical"}))
    helm.upgrade()
    assert helm.pod()["priorityClassName"] == "system-cluster-critical"


@contextmanager
def operator_of(helm: Helm, name: str) -> Iterator[Operator]:
    """`natsop run` with the options and the ServiceAccount of the release's pod."""
    pod = helm.pod()
    kubeconfig = helm.cluster.kubeconfig_for_service_account(NAMESPACE, pod["serviceAccountName"])
    options = [*pod["containers"][0]["args"][1:], f"--leader-election-namespace={NAMESPACE}"]
    operator = Operator(helm.cluster, kubeconfig, *options, name=name)
    operator.start()
    try:
        operator.await_ready()
        yield operator
    finally:
        operator.stop()


@pytest.mark.parametrize(("watched", "namespace"), [([], WATCHED[0]), ([WATCHED[1]], WATCHED[1])])
def test_the_operator_works_with_the_rights_and_options_that_it_gets(
    helm: Helm, watched: list[str], namespace: str
) -> None:
    helm.install(values=nested({**NO_PORTS, "watchNamespaces": watched}))
    if watched:
        assert not [key for key in helm.objects() if key[0].startswith("ClusterRole")]
    with operator_of(helm, f"operator-of-{namespace}") as operator:
        helm.create_cluster(namespace)
        wait_until(lambda: helm.client.find("StatefulSet", "my-nats", namespace=namespace), what="the StatefulSet")
    assert "Forbidden" not in operator.said()


def test_the_operator_waits_until_the_go_operator_has_lost_its_lease(helm: Helm) -> None:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    spec = {"holderIdentity": "the Go operator", "leaseDurationSeconds": 3600, "acquireTime": now, "renewTime": now}
    metadata = {"name": "5c768438.crewlet.cloud", "namespace": NAMESPACE}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}
    helm.client.apply(lease)
    helm.install(values=nested(NO_PORTS))
    with operator_of(helm, "waiting-operator") as operator:
        helm.create_cluster(GO_NAMESPACE)
        wait_until(lambda: "standing by: the Go operator holds" in operator.said(), what="it stands by")
        assert helm.client.find("StatefulSet", "my-nats", namespace=GO_NAMESPACE) is None
        helm.client.apply({**lease, "spec": {"leaseDurationSeconds": 1}})  # as client-go gives it back
        wait_until(lambda: helm.client.find("StatefulSet", "my-nats", namespace=GO_NAMESPACE), what="the StatefulSet")


def test_the_commands_of_the_readme_work(helm: Helm, tmp_path: Path) -> None:
    """With the chart of this checkout. Nothing waits for pods, since there is no node."""
    helm.remove_definitions()
    text = (CHART / "README.md").read_text()
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "helm").symlink_to(helm_binary())
    (programs / "kubectl").symlink_to(helm.cluster.binary("kubectl"))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "KUBECONFIG": str(helm.cluster.kubeconfig)}
    here = text.replace("oci://ghcr.io/crewlet/nats-operator/charts/nats-operator", str(CHART)).replace(" --wait", "")
    commands = re.findall(r"^```sh\n(.*?)^```$", here, re.MULTILINE | re.DOTALL)
    assert len(commands) == 3
    try:
        for command in commands:
            subprocess.run(["bash", "-euo", "pipefail", "-c", command], check=True, env={**os.environ, **environment})
    finally:
        subprocess.run(
            [helm_binary(), "uninstall", "nats-operator", "--namespace", "nats-operator", "--ignore-not-found"],
            check=True,
            env={**os.environ, **environment},
        )
        helm.remove_definitions()


def test_the_targets_of_the_makefile_install_and_remove(helm: Helm) -> None:
    cluster = helm.cluster

    def make(target: str, *variables: str) -> subprocess.CompletedProcess[str]:
        given = [f"HELM={helm_binary()}", f"KUBECTL={cluster.binary('kubectl')}", f"NAMESPACE={NAMESPACE}", *variables]
        ready = [f"PYTHON={sys.executable}", "--old-file=.venv/.ready"]  # nothing can be fetched here
        environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        return subprocess.run(
            ["make", target, *ready, *given],
            cwd=CHART.parents[1],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    assert make("install").returncode == 0
    assert helm.definitions() == sorted(DEFINITIONS)
    deployed = make("deploy", "IMG=localhost:5000/ours:1.2")
    assert deployed.returncode == 0, deployed.stderr
    assert helm.pod()["containers"][0]["image"] == "localhost:5000/ours:1.2"
    helm.create_cluster()
    assert make("undeploy").returncode == 0
    assert helm.objects() == {}
    assert "natscluster.nats.crewlet.cloud/my-nats" in make("uninstall").stderr
    assert helm.definitions() == sorted(DEFINITIONS)
    Client(cluster.kubeconfig).delete("NatsCluster", "my-nats", namespace=WATCHED[0])
    assert make("uninstall").returncode == 0
    assert helm.definitions() == []
