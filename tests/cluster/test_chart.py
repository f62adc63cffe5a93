"""The chart on a real API server, installed, upgraded and uninstalled by a real Helm. No node: no pod runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from natsop_core.crd import custom_resource_definitions
from tests.chart import CHART, NAMESPACE, WATCHED, matrix, nested, of_kind, render
from tests.chart import helm as helm_binary
from tests.cluster.helm_releases import Helm, go_chart, go_objects, older_chart, older_definitions, schemas
from tests.testbed.client import Client, Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.go_modules import chart_crds
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until
from tests.unit.chart.go_values import GO_VALUES

GO_NAMESPACE: Final = GO_VALUES["namespaceOverride"]
NAMESPACES: Final = (NAMESPACE, "elsewhere", GO_NAMESPACE, *WATCHED)

MONITORING: Final = ("ServiceMonitor", "PodMonitor", "PrometheusRule", "Certificate", "Issuer")
DEFINITIONS: Final = tuple(each["metadata"]["name"] for each in custom_resource_definitions())

CLUSTER: Final[Manifest] = {
    "apiVersion": "nats.crewlet.cloud/v1alpha1",
    "kind": "NatsCluster",
    "metadata": {"name": "my-nats", "namespace": WATCHED[0]},
    "spec": {"replicas": 3},
}
NO_PORTS: Final = {"healthProbeBindAddress": "0", "metrics.enabled": False}

ROWS: Final = matrix()


@pytest.fixture(scope="module")
def plane(control_plane: ControlPlane) -> ControlPlane:
    """With the namespaces that the values name, and the kinds of the Prometheus operator and of cert-manager."""
    cluster = control_plane.cluster
    for name in NAMESPACES:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for definition in chart_crds():
        cluster.client.apply(definition)
    fresh = Client(cluster.kubeconfig)
    wait_until(lambda: [fresh.list(kind) for kind in MONITORING], what="their kinds are served")
    return control_plane


@pytest.fixture
def helm(plane: ControlPlane) -> Iterator[Helm]:
    """Without a release and without our CRDs, before and after."""
    helm = Helm(plane.cluster)
    yield helm
    if helm.client.list("Secret", labels="owner=helm", namespace=NAMESPACE):
        helm.uninstall()
    for name in DEFINITIONS:
        helm.client.delete("CustomResourceDefinition", name, missing_ok=True)
    wait_until(lambda: not our_definitions(helm), what="no CRDs of ours")


def our_definitions(helm: Helm) -> list[str]:
    found = {each["metadata"]["name"] for each in helm.client.list("CustomResourceDefinition")}
    return sorted(found & set(DEFINITIONS))


def dry_run(plane: ControlPlane, manifests: list[Manifest]) -> None:
    """The API server would create them all, and knows every field."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    plane.cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_the_api_server_takes_what_is_rendered(plane: ControlPlane, row: int) -> None:
    manifests = render(ROWS[row])
    (deployment,) = of_kind(manifests, "Deployment")
    template = deployment["spec"]["template"]
    account = {"serviceAccountName": "default"}  # the chart's own is not there in a dry run
    metadata = {**template["metadata"], "name": "one", "namespace": deployment["metadata"]["namespace"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**template["spec"], **account}}
    dry_run(plane, [*manifests, pod])


def test_the_notes_name_a_next_step_that_works(helm: Helm, plane: ControlPlane) -> None:
    notes = helm.install()
    manifest = notes.partition("<<EOF\n")[2].partition("     EOF")[0]
    wait_until(lambda: Client(plane.cluster.kubeconfig).list("NatsCluster") == [], what="NatsClusters are served")
    plane.cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=manifest)


def test_an_upgrade_brings_the_new_definitions_and_an_uninstall_keeps_them(helm: Helm, tmp_path: Path) -> None:
    older = older_chart(tmp_path)
    helm.install(older)
    expected = {each["metadata"]["name"]: each["spec"]["versions"][0]["schema"] for each in older_definitions()}
    assert schemas(helm.client) == expected
    client = Client(helm.cluster.kubeconfig)
    wait_until(lambda: client.list("NatsCluster") == [], what="NatsClusters are served")
    client.create(CLUSTER)
    helm.upgrade()
    assert schemas(helm.client) != expected
    newest = schemas(helm.client)

    said = helm.uninstall()
    assert all(name in said for name in DEFINITIONS)
    assert helm.objects() == {}
    assert our_definitions(helm) == sorted(DEFINITIONS)
    assert client.get("NatsCluster", "my-nats", namespace=WATCHED[0])["spec"]["replicas"] == 3

    helm.install()
    assert schemas(helm.client) == newest


def test_the_definitions_go_with_the_release_where_that_is_wanted(helm: Helm) -> None:
    helm.install(values=nested({"crds.keep": False}))
    assert our_definitions(helm) == sorted(DEFINITIONS)
    helm.uninstall()
    wait_until(lambda: not our_definitions(helm), what="no CRDs of ours")


def test_definitions_that_somebody_changed_are_mended_by_the_next_upgrade(helm: Helm) -> None:
    helm.install()
    newest = schemas(helm.client)
    for definition in older_definitions():
        helm.client.apply(definition)
    assert schemas(helm.client) != newest
    helm.upgrade()
    assert schemas(helm.client) == newest


def test_definitions_of_somebody_else_are_neither_used_nor_replaced_unasked(helm: Helm) -> None:
    for definition in older_definitions():
        helm.client.apply(definition)
    before = schemas(helm.client)
    assert "invalid ownership metadata" in helm.refusal("install", "nats-operator", str(CHART))
    assert schemas(helm.client) == before
    helm.install(CHART, "--take-ownership")
    assert schemas(helm.client) != before


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
    helm.install(go_chart(tmp_path, go_objects(**place)), values=values)
    before = helm.objects()
    stale = schemas(helm.client)

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
    assert schemas(helm.client) != stale
    deployment = after["Deployment", place["namespace"], f"{place['prefix']}-controller-manager"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert "command" not in container
    assert container["args"][0] == "run"
    assert len(container["ports"]) == len({each["name"] for each in container["ports"]})


def test_an_upgrade_keeps_what_was_set(helm: Helm) -> None:
    helm.install(values=nested({"replicaCount": 2, "crds.keep": False}))
    helm.upgrade()
    ((_, deployment),) = ((key, each) for key, each in helm.objects().items() if key[0] == "Deployment")
    assert deployment["spec"]["replicas"] == 2


LEVELS: Final = {
    "view": {"get", "list", "watch"},
    "edit": {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
    "admin": {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
}


@pytest.mark.parametrize("kind", ["natsclusters", "natsboxes"])
def test_people_with_the_default_roles_may_do_what_these_let_them_do(helm: Helm, kind: str) -> None:
    helm.install(values=nested({"crds.keep": False}))
    namespace = WATCHED[0]
    for level, verbs in LEVELS.items():
        helm.client.apply(binding_to(level, namespace))
        wait_until(lambda level=level: may(helm, level, "list", kind, namespace), what=f"{level} may list {kind}")  # type: ignore[misc]
        wait_until(lambda level=level, verbs=verbs: allowed(helm, level, kind, namespace) == verbs, what=level)  # type: ignore[misc]
        assert may(helm, level, "get", f"{kind}/status", namespace)
        assert not may(helm, level, "patch", f"{kind}/status", namespace)
        assert not allowed(helm, level, kind, WATCHED[1])
    assert not allowed(helm, "nobody", kind, namespace)


def binding_to(level: str, namespace: str) -> Manifest:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": level, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": level},
        "subjects": [{"apiGroup": group, "kind": "User", "name": level}],
    }


def allowed(helm: Helm, user: str, resource: str, namespace: str) -> set[str]:
    return {verb for verb in LEVELS["admin"] if may(helm, user, verb, resource, namespace)}


def may(helm: Helm, user: str, verb: str, resource: str, namespace: str) -> bool:
    name, _, subresource = resource.partition("/")
    asked = {"verb": verb, "group": "nats.crewlet.cloud", "resource": name, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": {**asked, "subresource": subresource}},
    }
    answer = helm.client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
    return bool(answer["status"]["allowed"])


@pytest.mark.parametrize("watched", [[], [WATCHED[0]]])
def test_the_operator_works_with_the_rights_and_options_that_it_gets(helm: Helm, watched: list[str]) -> None:
    helm.install(values=nested({**NO_PORTS, "watchNamespaces": watched, "crds.keep": False}))
    if watched:
        assert not [key for key in helm.objects() if key[0].startswith("ClusterRole")]
    ((_, deployment),) = ((key, each) for key, each in helm.objects().items() if key[0] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    kubeconfig = helm.cluster.kubeconfig_for_service_account(NAMESPACE, pod["serviceAccountName"])
    options = [*pod["containers"][0]["args"][1:], f"--leader-election-namespace={NAMESPACE}"]
    operator = Operator(helm.cluster, kubeconfig, *options, name=f"operator-{len(watched)}")
    operator.start()
    try:
        operator.await_ready()
        client = Client(helm.cluster.kubeconfig)
        client.create(CLUSTER)
        wait_until(lambda: client.find("StatefulSet", "my-nats", namespace=WATCHED[0]), what="the StatefulSet")
    finally:
        operator.stop()
    assert "Forbidden" not in operator.said()


def test_the_targets_of_the_makefile_install_and_remove(helm: Helm) -> None:
    cluster = helm.cluster

    def make(target: str, *variables: str) -> subprocess.CompletedProcess[str]:
        given = [f"HELM={helm_binary()}", f"KUBECTL={cluster.binary('kubectl')}", f"NAMESPACE={NAMESPACE}", *variables]
        environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig)}
        return subprocess.run(
            ["make", target, *given], cwd=CHART.parents[1], capture_output=True, text=True, check=False, env=environment
        )

    assert make("install").returncode == 0
    assert our_definitions(helm) == sorted(DEFINITIONS)
    deployed = make("deploy", "IMG=localhost:5000/ours:1.2")
    assert deployed.returncode == 0, deployed.stderr
    assert image(helm) == "localhost:5000/ours:1.2"
    client = Client(cluster.kubeconfig)
    wait_until(lambda: client.list("NatsCluster") == [], what="NatsClusters are served")
    client.create(CLUSTER)
    assert make("undeploy").returncode == 0
    assert helm.objects() == {}
    assert "natscluster.nats.crewlet.cloud/my-nats" in make("uninstall").stderr
    assert our_definitions(helm) == sorted(DEFINITIONS)
    client.delete("NatsCluster", "my-nats", namespace=WATCHED[0])
    assert make("uninstall").returncode == 0
    assert our_definitions(helm) == []


def image(helm: Helm) -> str:
    ((_, deployment),) = ((key, each) for key, each in helm.objects().items() if key[0] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    return str(container["image"])
