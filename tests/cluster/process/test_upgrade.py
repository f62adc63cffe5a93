"""An upgrade of the operator to a release with newer default images, on a real API server: no server is restarted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

import pytest

from natsop_core import names
from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER
from tests.cluster import newer_release
from tests.cluster.go_objects import FOLDER, put
from tests.cluster.go_servers import needs_go_objects
from tests.cluster.site import (
    MARKERS,
    Site,
    await_all_handled,
    await_quiet,
    nats_cluster,
    unauthorized,
)
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import USER, Operator, install_crds, install_service_account

JETSTREAM: Final[Manifest] = {"config": {"jetstream": {"enabled": True}}}
METRICS: Final[Manifest] = {"promExporter": {"enabled": True}}
NEW: Final[dict[str, Manifest]] = {
    "lone": {},
    "claims": {"replicas": 3, **JETSTREAM, **METRICS},
    "mirror": {"replicas": 3, **METRICS, "global": {"imageRegistry": "mirror.example"}},
    "pinned": {"image": {"tag": "2.12.6-alpine"}, **METRICS},
    "checksum": {"podTemplate": {"configChecksumAnnotation": True}},
}
TAKEN_OVER: Final = {"my-nats": "quick-start", "solo": "minimal"}
"""Names and files of NatsClusters of the Go program."""

REST_SECONDS: Final = 3
WANTED_TAG: Final = "2.98.0-alpine"
DEFAULTS: Final = {
    names.SERVER_CONTAINER: SERVER.tag,
    names.RELOADER_CONTAINER: RELOADER.tag,
    names.EXPORTER_CONTAINER: EXPORTER.tag,
}
NEWER: Final = {
    names.SERVER_CONTAINER: newer_release.SERVER_TAG,
    names.RELOADER_CONTAINER: newer_release.RELOADER_TAG,
    names.EXPORTER_CONTAINER: newer_release.EXPORTER_TAG,
}
OF_GO_PROGRAM: Final = {names.SERVER_CONTAINER: "2.12.6-alpine", names.RELOADER_CONTAINER: "0.21.1"}


@dataclass(frozen=True)
class Upgraded:
    """before: the StatefulSets and pods by name, under the older release. mark: in the audit log, since the newer."""

    site: Site
    before: dict[str, Manifest]
    mark: int

    def tags(self, cluster: str) -> dict[str, str]:
        """The tags of the cluster's containers."""
        pod = self.site.client.get("StatefulSet", cluster)["spec"]["template"]["spec"]
        return {each["name"]: each["image"].rpartition(":")[2] for each in pod["containers"]}


@pytest.fixture(scope="module")
def upgraded(control_plane: ControlPlane) -> Iterator[Upgraded]:
    """In the namespace that the Go program's objects were recorded in: its name is part of addresses."""
    cluster = control_plane.cluster
    install_crds(cluster)
    kubeconfig = install_service_account(cluster)
    older = Operator(cluster, kubeconfig)
    newer = Operator(cluster, kubeconfig, name="newer-operator", program=newer_release.__name__)
    site = Site(newer, MARKERS)
    if FOLDER.exists():
        for file in TAKEN_OVER.values():
            put(site.client, file)
    older.start()
    older.await_ready()
    for name, spec in NEW.items():
        site.client.create(nats_cluster(name, spec))
    rest(older, site)
    older.stop()
    before, mark = running(site), site.mark()
    newer.start()
    newer.await_ready()
    try:
        rest(newer, site)
        yield Upgraded(site, before, mark)
        assert not unauthorized(cluster)
    finally:
        newer.stop()


def rest(operator: Operator, site: Site) -> None:
    """Wait until all is handled, all pods are made and nothing is written any more."""
    for _ in range(2):
        await_all_handled(operator)
        site.await_pods()
        await_quiet(operator.cluster, partial(operator.cluster.audit.writes, user=USER), REST_SECONDS)


def running(site: Site) -> dict[str, Manifest]:
    return {each["metadata"]["name"]: each for kind in ("StatefulSet", "Pod") for each in site.client.list(kind)}


def test_nothing_is_written_and_nothing_is_rolled(upgraded: Upgraded) -> None:
    writes = upgraded.site.writes(since=upgraded.mark)
    assert not [each for each in writes if not each.name.startswith("marker-")]
    assert running(upgraded.site) == upgraded.before
    assert {f"{name}-0" for name in NEW} <= upgraded.before.keys()


@pytest.mark.parametrize("name", NEW)
def test_a_cluster_of_the_older_release_keeps_its_images(upgraded: Upgraded, name: str) -> None:
    own = {names.SERVER_CONTAINER: NEW[name]["image"]["tag"]} if "image" in NEW[name] else {}
    tags = upgraded.tags(name)
    assert tags == {container: tag for container, tag in {**DEFAULTS, **own}.items() if container in tags}


@needs_go_objects
@pytest.mark.parametrize("name", TAKEN_OVER)
def test_a_cluster_of_the_go_program_keeps_its_images(upgraded: Upgraded, name: str) -> None:
    assert upgraded.tags(name) == OF_GO_PROGRAM


def test_a_new_cluster_gets_the_newer_images(upgraded: Upgraded) -> None:
    upgraded.site.create(nats_cluster("latest", METRICS))
    assert upgraded.tags("latest") == NEWER


@pytest.mark.parametrize("name", [*NEW, *(pytest.param(each, marks=needs_go_objects) for each in TAKEN_OVER)])
def test_another_image_of_the_server_moves_the_sidecars_to_the_newer_defaults(upgraded: Upgraded, name: str) -> None:
    upgraded.site.client.patch("NatsCluster", name, {"spec": {"image": {"tag": WANTED_TAG}}})
    upgraded.site.await_handled("NatsCluster", name)
    tags = upgraded.tags(name)
    assert tags == {each: tag for each, tag in {**NEWER, names.SERVER_CONTAINER: WANTED_TAG}.items() if each in tags}
    assert names.RELOADER_CONTAINER in tags
