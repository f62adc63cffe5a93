"""Paused custom resources on the real API server: the audit log tells what is written for them."""

from __future__ import annotations

import pytest

from natsop_core.names import PAUSED_ANNOTATION
from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

CLUSTER, BOX = "paused", "paused-box"


@pytest.fixture(scope="module")
def site(operated: Operator) -> Site:
    """A cluster and its box, both paused since they were settled."""
    site = new_site(operated, "paused")
    site.create(nats_cluster(CLUSTER, {"replicas": 3}), nats_box(BOX, CLUSTER))
    site.await_pods()
    site.await_quiet()
    for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX)):
        annotate(site, kind, name, "true")
        site.await_condition(kind, name, "Paused", "True")
    return site


def annotate(site: Site, kind: str, name: str, word: str | None) -> None:
    site.client.patch(kind, name, {"metadata": {"annotations": {PAUSED_ANNOTATION: word}}})


def conditions(resource: Manifest) -> dict[str, Manifest]:
    return {each["type"]: each for each in resource["status"]["conditions"]}


def await_told(site: Site, kind: str, name: str) -> None:
    """Wait until the status says that an edit waits."""

    def told() -> bool:
        return "latest edit of the spec is not applied" in conditions(site.client.get(kind, name))["Paused"]["message"]

    wait_until(told, SOON, f"{kind} {name} says that its edit waits")


def test_edits_wait_while_paused_and_are_carried_out_afterwards(site: Site) -> None:
    mark = site.mark()
    before = site.client.get("NatsCluster", CLUSTER)["status"]["observedGeneration"]
    site.client.patch("NatsCluster", CLUSTER, {"spec": {"replicas": 5}})
    site.client.patch("NatsBox", BOX, {"spec": {"image": {"tag": "another"}}})
    site.client.delete("Service", f"{CLUSTER}-headless")
    site.client.patch("ConfigMap", f"{CLUSTER}-config", {"data": {"nats.conf": "port: 1"}})
    await_told(site, "NatsCluster", CLUSTER)
    await_told(site, "NatsBox", BOX)
    site.await_quiet()

    assert {(each.resource, each.subresource) for each in site.writes(since=mark)} == {
        ("natsclusters", "status"),
        ("natsboxes", "status"),
    }
    paused = site.client.get("NatsCluster", CLUSTER)
    assert paused["status"]["observedGeneration"] == before
    assert site.client.find("Service", f"{CLUSTER}-headless") is None

    for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX)):
        annotate(site, kind, name, None)
        site.await_handled(kind, name)
    site.await_quiet()
    assert site.client.get("StatefulSet", CLUSTER)["spec"]["replicas"] == 5
    assert site.client.get("Deployment", BOX)["spec"]["template"]["spec"]["containers"][0]["image"].endswith(":another")
    assert site.client.get("ConfigMap", f"{CLUSTER}-config")["data"]["nats.conf"] != "port: 1"
    assert site.client.get("Service", f"{CLUSTER}-headless")
    assert "Paused" not in conditions(site.client.get("NatsCluster", CLUSTER))


def test_a_paused_cluster_can_be_deleted(site: Site) -> None:
    site.create(nats_cluster("leaving"))
    annotate(site, "NatsCluster", "leaving", "true")
    site.await_condition("NatsCluster", "leaving", "Paused", "True")
    site.client.delete("NatsCluster", "leaving")
    site.await_gone("NatsCluster", "leaving")
