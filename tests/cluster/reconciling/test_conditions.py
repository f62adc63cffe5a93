"""What goes wrong is a condition, leaves everything else as it is, and goes away by itself when its cause does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from natsop_core.report import REFUSED_SECONDS
from tests.cluster.edits import state
from tests.cluster.reconciling.quotas import NAME, limit
from tests.cluster.reconciling.trio import CHILDREN, TRIO, await_all_is_well, await_problem
from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site, unauthorized
from tests.testbed.client import ApiError, Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.operator import Operator, install_crds
from tests.testbed.wait import wait_until

LIFTED_WITHIN: Final = REFUSED_SECONDS[1] + SOON
"""Seconds: what is refused is tried again after as long as it was refused, on a busy machine the longest pause."""

LOOSE: Final[Manifest] = {
    "type": "object",
    "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
    "x-kubernetes-preserve-unknown-fields": True,
}

BROKEN: Final[Manifest] = {"replicas": "three", "config": {"nats": {"port": 70000}, "nonsense": {}}}


@pytest.fixture
def site(operated: Operator) -> Iterator[Site]:
    mark = operated.cluster.audit.mark()
    yield new_site(operated, "conditions")
    assert not unauthorized(operated.cluster, since=mark)


@pytest.fixture
def loose(operated: Operator) -> Iterator[None]:
    """An API server that lets any spec through, as one does whose CRDs are older than the operator."""
    cluster = operated.cluster
    change = [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": LOOSE}]
    cluster.client.patch(
        "CustomResourceDefinition", "natsclusters.nats.crewlet.cloud", change, patch_type="json", field_manager="loose"
    )
    wait_until(lambda: takes_anything(cluster), SOON, "any spec is taken")
    yield
    cluster.client.delete_all("NatsCluster", namespace="default")
    install_crds(cluster)
    wait_until(lambda: not takes_anything(cluster), SOON, "the schema is back")


def takes_anything(cluster: Cluster) -> bool:
    path = "/apis/nats.crewlet.cloud/v1alpha1/namespaces/default/natsclusters"
    try:
        cluster.client.request("POST", path, body=nats_cluster("dry-run", BROKEN), query={"dryRun": "All"})
    except ApiError as error:
        assert "is invalid" in error.message, error
        return False
    return True


def children(site: Site) -> list[Manifest]:
    return [site.client.get(kind, name) for kind, name in CHILDREN]


@pytest.mark.usefixtures("loose")
def test_a_broken_spec_leaves_every_child_as_it_is_until_it_is_mended(site: Site) -> None:
    site.create(nats_cluster("c", TRIO))
    site.await_pods()
    site.await_quiet(2)
    before, mark = [state(each) for each in children(site)], site.mark()

    broken = site.client.patch("NatsCluster", "c", {"spec": BROKEN})
    message = await_problem(site, "NatsCluster", "c", "InvalidSpec")

    for path in ("spec.replicas: ", "spec.config.nats.port: ", "spec.config.nonsense: unknown field"):
        assert path in message
    site.await_quiet()
    assert not site.changes(since=mark)
    assert [state(each) for each in children(site)] == before
    assert site.client.get("NatsCluster", "c")["spec"] == broken["spec"]

    mended = {"replicas": 3, "config": {"nats": {"port": 4333}, "nonsense": None}}
    site.client.patch("NatsCluster", "c", {"spec": mended})

    await_all_is_well(site, "NatsCluster", "c")
    assert "port: 4333" in site.client.get("ConfigMap", "c-config")["data"]["nats.conf"]


@pytest.mark.usefixtures("loose")
def test_a_cluster_that_was_never_valid_has_no_children(site: Site) -> None:
    site.create(nats_cluster("c", BROKEN))

    await_problem(site, "NatsCluster", "c", "InvalidSpec")

    site.await_quiet()
    assert not site.changes()


@pytest.mark.usefixtures("loose")
def test_a_box_waits_for_its_clusters_spec_to_be_mended(site: Site) -> None:
    site.create(nats_cluster("c", BROKEN), nats_box("b", "c"))
    assert "NatsCluster c has an invalid spec" in await_problem(site, "NatsBox", "b", "ClusterInvalid")

    site.client.patch("NatsCluster", "c", {"spec": {"replicas": 1, "config": None}})

    await_all_is_well(site, "NatsBox", "b")
    site.await_child("Deployment", "b", site.client.get("NatsBox", "b"))


def test_a_box_waits_for_its_cluster_and_outlives_it(site: Site) -> None:
    site.create(nats_box("b", "c"))
    waiting = site.await_condition("NatsBox", "b", "Progressing", "True", reason="ClusterNotFound")
    assert "There is no NatsCluster c in namespace" in waiting["message"]
    site.await_condition("NatsBox", "b", "Degraded", "False")
    assert not site.changes()

    site.create(nats_cluster("c"))

    await_all_is_well(site, "NatsBox", "b")
    box = site.client.get("NatsBox", "b")
    deployment = site.await_child("Deployment", "b", box)

    site.client.delete("NatsCluster", "c")

    await_problem(site, "NatsBox", "b", "ClusterNotFound")
    assert site.client.get("Deployment", "b")["metadata"]["uid"] == deployment["metadata"]["uid"]
    assert site.await_child("Secret", "b-contexts", box)["data"].keys() == {"context.txt", "default.json"}


@pytest.mark.parametrize(
    ("refused", "quota"),
    [
        (("StatefulSet", "c"), {"count/statefulsets.apps": "0"}),
        (("Service", "c-headless"), {"services": "1"}),
        (("PodDisruptionBudget", "c-pdb"), {"count/poddisruptionbudgets.policy": "0"}),
    ],
)
def test_what_a_quota_refuses_is_named_and_follows_when_the_quota_is_lifted(
    site: Site, refused: tuple[str, str], quota: dict[str, str]
) -> None:
    limit(site, **quota)

    site.create(nats_cluster("c", TRIO))

    message = await_problem(site, "NatsCluster", "c", "ApplyRejected")
    services = {("Service", "c"), ("Service", "c-headless")}
    rejected = next(each for each in CHILDREN if site.client.find(*each) is None)
    assert rejected == refused or {rejected, refused} == services
    assert f"The API server rejects {rejected[0]} {rejected[1]}: " in message
    assert "exceeded quota: limit" in message
    owner = site.client.get("NatsCluster", "c")
    for kind, name in CHILDREN:
        assert (kind, name) == rejected or site.await_child(kind, name, owner)

    site.client.delete("ResourceQuota", NAME)

    await_all_is_well(site, "NatsCluster", "c", LIFTED_WITHIN)
    site.await_child(*rejected, owner)


def test_servers_wait_for_a_configuration_that_is_refused_and_all_else_does_not(site: Site) -> None:
    wait_until(lambda: site.client.find("ConfigMap", "kube-root-ca.crt"), SOON, "others make no more than that")
    limit(site, **{"count/configmaps": "1"})

    site.create(nats_cluster("c", TRIO))

    assert "The API server rejects ConfigMap c-config: " in await_problem(site, "NatsCluster", "c", "ApplyRejected")
    waits = site.await_condition("NatsCluster", "c", "Progressing", "True", reason="HeldBack")
    assert waits["message"] == "StatefulSet c waits until ConfigMap c-config is applied."
    owner = site.client.get("NatsCluster", "c")
    for kind, name in {*CHILDREN} - {("ConfigMap", "c-config"), ("StatefulSet", "c")}:
        site.await_child(kind, name, owner)
    assert site.client.find("StatefulSet", "c") is None

    site.client.delete("ResourceQuota", NAME)

    await_all_is_well(site, "NatsCluster", "c", LIFTED_WITHIN)
    site.await_child("StatefulSet", "c", owner)


def test_a_value_that_only_the_stateful_sets_validation_refuses_is_named_with_its_field(site: Site) -> None:
    site.create(nats_cluster("c"))
    before = site.client.get("StatefulSet", "c")["spec"]

    resources = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}
    change = {"container": {"resources": resources}, "config": {"nats": {"port": 4333}}}
    site.client.patch("NatsCluster", "c", {"spec": change})

    message = await_problem(site, "NatsCluster", "c", "ApplyRejected")
    assert "StatefulSet c, field spec.template.spec.containers[0].resources.requests: " in message
    assert "must be less than or equal to cpu limit" in message
    assert site.client.get("StatefulSet", "c")["spec"] == before
    assert "port: 4333" in site.client.get("ConfigMap", "c-config")["data"]["nats.conf"]

    site.client.patch("NatsCluster", "c", {"spec": {"container": None}})

    await_all_is_well(site, "NatsCluster", "c")


@pytest.mark.parametrize(
    ("name", "spec", "words"),
    [
        ("c", {"replica": 3}, 'unknown field "spec.replica"'),
        (
            "c",
            {"config": {"nats": {"port": 70000}}},
            "spec.config.nats.port in body should be less than or equal to 65535",
        ),
        ("c", {"config": {"nats": {"port": 8222}}}, "every listener needs a port of its own"),
        ("c", {"replicas": 0}, "spec.replicas in body should be greater than or equal to 1"),
        ("1c", {}, "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter"),
        ("c" * 53, {}, "must have at most 52 characters"),
    ],
)
def test_what_the_schema_refuses_gets_the_api_servers_words(site: Site, name: str, spec: Manifest, words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        create_strictly(site, nats_cluster(name, spec))

    assert refusal.value.status in {400, 422}
    assert words in refusal.value.message


def create_strictly(site: Site, manifest: Manifest) -> None:
    """As kubectl does."""
    path = f"/apis/nats.crewlet.cloud/v1alpha1/namespaces/{site.name}/natsclusters"
    site.client.request("POST", path, body=manifest, query={"fieldValidation": "Strict"})
