"""Taking over what the Go program made: nothing is made anew, and no data is at risk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from natsop_core import names
from tests.cluster.go_objects import FOLDER, put
from tests.cluster.site import Site, await_all_handled, unauthorized
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import Operator, install_crds, install_service_account

FILES: Final = ("minimal", "quick-start", "listeners")
WITH_DATA_OUTSIDE: Final = "listeners"
CLUSTERS: Final = {"minimal": "solo", "quick-start": "my-nats", "listeners": "edge"}
CERTIFICATE: Final = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nats-tls"}}

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"the Go program's objects are not at {FOLDER}")


@dataclass(frozen=True)
class TakeOver:
    """A site with all that the Go program had made there, by file, and our operator at work since."""

    site: Site
    before: dict[str, list[Manifest]]

    def now(self, child: Manifest) -> Manifest:
        return self.site.client.get(child["kind"], child["metadata"]["name"])

    def children(self, *kinds: str) -> list[Manifest]:
        return [child for children in self.before.values() for child in children if child["kind"] in kinds or not kinds]

    def child(self, file: str, kind: str, name: str = "") -> Manifest:
        wanted = (kind, name or CLUSTERS[file])
        [found] = [each for each in self.before[file] if (each["kind"], each["metadata"]["name"]) == wanted]
        return found


@pytest.fixture(scope="module")
def taken_over(control_plane: ControlPlane) -> Iterator[TakeOver]:
    """Everything is in the namespace that it was recorded in: its name is part of addresses."""
    cluster = control_plane.cluster
    install_crds(cluster)
    operator = Operator(cluster, install_service_account(cluster))
    site = Site(operator, "default")
    site.client.create({**CERTIFICATE, "stringData": {"tls.crt": "a certificate", "tls.key": "a key"}})
    before = {file: put(site.client, file) for file in FILES}
    operator.start()
    operator.await_ready()
    try:
        await_all_handled(operator)  # their status says so already: it is the Go program's
        site.await_pods()
        site.await_quiet(3)
        yield TakeOver(site, before)
        assert not unauthorized(cluster)
    finally:
        operator.stop()


def test_every_object_stays_the_same_one(taken_over: TakeOver) -> None:
    before = taken_over.children()
    assert {child["kind"] for child in before} >= {"StatefulSet", "Service", "Secret", "Deployment", "Ingress"}
    for child in before:
        now = taken_over.now(child)
        assert now["metadata"]["uid"] == child["metadata"]["uid"], child["metadata"]["name"]
        assert now["metadata"]["ownerReferences"] == child["metadata"]["ownerReferences"]
    assert not [entry for entry in taken_over.site.changes() if entry.verb == "delete"]


def test_what_finds_servers_and_data_stays_as_it_is(taken_over: TakeOver) -> None:
    for child in taken_over.children("StatefulSet", "Deployment"):
        now = taken_over.now(child)
        for field in ("selector", "serviceName", "replicas", "volumeClaimTemplates", "podManagementPolicy"):
            assert now["spec"].get(field) == child["spec"].get(field), field
        assert now["spec"]["template"]["metadata"]["labels"] == child["spec"]["template"]["metadata"]["labels"]
    for child in taken_over.children("Service"):
        now = taken_over.now(child)
        for field in ("selector", "type", "clusterIP"):
            assert now["spec"][field] == child["spec"][field], field
        assert node_ports(now) == node_ports(child)


def node_ports(service: Manifest) -> dict[str, int | None]:
    return {port["name"]: port.get("nodePort") for port in service["spec"]["ports"]}


def test_servers_keep_their_image_and_their_user(taken_over: TakeOver) -> None:
    for file in FILES:
        before = taken_over.child(file, "StatefulSet")
        server, pod = server_of(taken_over.now(before))
        assert server["image"] == server_of(before)[0]["image"]
        for context in (server.get("securityContext", {}), pod.get("securityContext", {})):
            assert not {"runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup"} & context.keys(), file


def server_of(stateful_set: Manifest) -> tuple[Manifest, Manifest]:
    """The server's container and its pod."""
    pod = stateful_set["spec"]["template"]["spec"]
    return next(each for each in pod["containers"] if each["name"] == names.SERVER_CONTAINER), pod


def test_nothing_is_wrong_save_for_data_outside_of_volumes(taken_over: TakeOver) -> None:
    site = taken_over.site
    for kind, name in (("NatsCluster", "solo"), ("NatsCluster", "my-nats"), ("NatsBox", "my-box")):
        site.await_condition(kind, name, "Degraded", "False", reason="AsExpected")
    site.await_condition("NatsCluster", CLUSTERS[WITH_DATA_OUTSIDE], "Degraded", "True", reason="DataOutsideVolume")


def test_servers_with_data_outside_of_volumes_are_left_alone_and_the_rest_is_applied(taken_over: TakeOver) -> None:
    for child in taken_over.before[WITH_DATA_OUTSIDE]:
        now = taken_over.now(child)
        is_server = child["kind"] in {"StatefulSet", "ConfigMap"}
        applied = names.APPLIED_ANNOTATION in now["metadata"].get("annotations", {})
        assert applied != is_server, child["metadata"]["name"]
        if is_server:
            assert now["metadata"]["managedFields"][0] == child["metadata"]["managedFields"][0]
            assert now.get("data") == child.get("data")
            assert now.get("spec") == child.get("spec")


def test_nothing_is_written_at_rest_nor_after_a_restart(taken_over: TakeOver) -> None:
    site = taken_over.site
    site.await_pods()
    site.await_quiet(3)
    mark = site.mark()

    site.operator.stop()
    site.operator.start()
    site.operator.await_ready()
    site.await_quiet(5)

    assert not [entry for entry in site.writes(since=mark) if not entry.name.startswith("marker-")]


def test_with_the_annotation_servers_with_data_outside_of_volumes_are_taken_over_too(taken_over: TakeOver) -> None:
    site, name = taken_over.site, CLUSTERS[WITH_DATA_OUTSIDE]
    before = taken_over.child(WITH_DATA_OUTSIDE, "StatefulSet")

    change = {"metadata": {"annotations": {names.ALLOW_DATA_LOSS_ANNOTATION: "storeDirectory=container->/data"}}}
    site.client.patch("NatsCluster", name, change)
    site.await_condition("NatsCluster", name, "Degraded", "False", reason="AsExpected")
    site.await_quiet(3)

    now = taken_over.now(before)
    assert now["metadata"]["uid"] == before["metadata"]["uid"]
    assert now["spec"]["volumeClaimTemplates"] == before["spec"]["volumeClaimTemplates"]
    assert names.APPLIED_ANNOTATION in now["metadata"]["annotations"]
    conf = site.client.get("ConfigMap", f"{name}-config")["data"]["nats.conf"]
    assert 'store_dir: "/data"' in conf
    assert "store_dir" not in taken_over.child(WITH_DATA_OUTSIDE, "ConfigMap", f"{name}-config")["data"]["nats.conf"]
