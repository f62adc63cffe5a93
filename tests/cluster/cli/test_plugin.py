"""`kubectl natsop` on the real API server, without a node: what it writes, and what it finds out about the operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from natsop_core.inspect.installations import OPERATOR_LABELS
from tests.cluster.cli.plugin import answer, plugin
from tests.cluster.site import USER_AGENT, Site, nats_cluster, new_site
from tests.testbed.operator import NAMESPACE, SERVICE_ACCOUNT, USER, Operator, install_crds

CLUSTER = "looked-at"


@pytest.fixture(scope="module")
def site(operated: Operator) -> Site:
    site = new_site(operated, "plugin")
    site.create(nats_cluster(CLUSTER, {"replicas": 3}))
    site.await_pods()
    site.await_quiet()
    return site


@pytest.fixture
def operator_pod(site: Site) -> Iterator[None]:
    """A pod like those of the chart, which nobody runs here."""
    create_operator_pod(site, NAMESPACE, SERVICE_ACCOUNT)
    yield
    site.client.delete("Pod", "nats-operator-0", namespace=NAMESPACE)


def create_operator_pod(site: Site, namespace: str, account: str) -> None:
    name, _, value = OPERATOR_LABELS.partition("=")
    spec = {"serviceAccountName": account, "containers": [{"name": "manager", "image": "natsop"}]}
    metadata = {"name": "nats-operator-0", "namespace": namespace, "labels": {name: value}}
    site.client.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def checks(site: Site) -> dict[str, Any]:
    return {each["check"]: each for each in answer(site, "doctor", CLUSTER)["checks"]}


def test_a_restart_is_left_alone_by_the_operator(site: Site) -> None:
    mark = site.mark()
    assert plugin(site, "restart", CLUSTER).returncode == 0
    site.await_pods()
    site.await_quiet()
    stateful_set = site.client.get("StatefulSet", CLUSTER)
    assert "kubectl.kubernetes.io/restartedAt" in stateful_set["spec"]["template"]["metadata"]["annotations"]
    assert "kubectl-natsop" in {each["manager"] for each in stateful_set["metadata"]["managedFields"]}
    assert site.changes(CLUSTER, since=mark) == []


def test_looking_writes_nothing(site: Site) -> None:
    mark = site.mark()
    for command in ("status", "doctor", "report"):
        plugin(site, command, CLUSTER, *(["--output-file=/dev/null"] if command == "report" else []))
    entries = site.cluster.audit.entries(since=mark, user_agent=USER_AGENT)
    ours = [each for each in entries if each.user != USER]
    assert len(ours) > 20
    assert {each.resource for each in ours if each.is_write} <= {"subjectaccessreviews"}
    assert "secrets" not in {each.resource for each in ours if each.verb == "get"}


def test_a_pause_is_set_and_ended_under_a_name_of_its_own(site: Site) -> None:
    assert plugin(site, "pause", CLUSTER).returncode == 0
    site.await_condition("NatsCluster", CLUSTER, "Paused", "True")
    managers = {each["manager"] for each in site.client.get("NatsCluster", CLUSTER)["metadata"]["managedFields"]}
    assert "kubectl-natsop" in managers
    assert plugin(site, "resume", CLUSTER).returncode == 0
    site.await_quiet()
    assert "annotations" not in site.client.get("NatsCluster", CLUSTER)["metadata"]


def test_the_doctor_tells_the_crds_of_this_version_from_others(site: Site) -> None:
    name = "natsboxes.nats.crewlet.cloud"
    assert checks(site)[f"CRD {name}"]["outcome"] == "ok"
    path = "/spec/versions/0/schema/openAPIV3Schema/description"
    older = [{"op": "replace", "path": path, "value": "as it was earlier"}]
    site.client.patch("CustomResourceDefinition", name, older, patch_type="json")
    assert checks(site)[f"CRD {name}"]["outcome"] == "warning"
    install_crds(site.cluster)
    assert checks(site)[f"CRD {name}"]["outcome"] == "ok"


def test_the_doctor_asks_the_api_server_for_the_operator_s_rights(site: Site, operator_pod: None) -> None:
    del operator_pod
    found = checks(site)
    assert found["rights"]["outcome"] == "ok", found["rights"]
    assert (found["operator"]["outcome"], found["leader"]["outcome"]) == ("problem", "ok"), "it is not running"


def test_the_doctor_leaves_out_operators_that_work_in_other_namespaces(site: Site, operator_pod: None) -> None:
    del operator_pod
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "of-others"}}
    site.client.apply(account)
    create_operator_pod(site, site.name, "of-others")
    found = checks(site)
    assert found["operator"]["message"] == f"No pod is ready: {NAMESPACE}/nats-operator-0."
    assert found["rights"]["outcome"] == "ok"


def test_the_doctor_names_rights_that_are_missing(site: Site, operator_pod: None) -> None:
    del operator_pod
    path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/nats-operator"
    role = site.client.request("GET", path)
    try:
        rules = [rule for rule in role["rules"] if "statefulsets" not in rule["resources"]]
        site.client.apply({**without_server_fields(role), "rules": rules})
        rights = site.wait_until(lambda: (found := checks(site)["rights"])["outcome"] == "problem" and found)
        assert "statefulsets.apps" in rights["message"]
        assert rights["remedy"]
    finally:
        site.client.apply({**without_server_fields(role), "rules": role["rules"]})


def without_server_fields(role: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: role["metadata"][key] for key in ("name", "labels") if key in role["metadata"]}
    return {"apiVersion": role["apiVersion"], "kind": role["kind"], "metadata": metadata}
