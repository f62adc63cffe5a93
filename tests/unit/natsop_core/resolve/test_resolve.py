"""What a NatsCluster resolves to: images, memory limit, listeners."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.resolve.images import EXPORTER, RELOADER, SERVER
from tests.unit.natsop_core.world import Object, Resolved, cluster, live_stateful_set, resolved


def resolve(spec: Object, *live: Object, **metadata: Any) -> Resolved:
    return resolved(cluster(spec, **metadata), *live)


# Images


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, str(SERVER)),
        ({"tag": "2.11.0"}, f"{SERVER.repository}:2.11.0"),
        ({"repository": "registry.example/nats"}, f"registry.example/nats:{SERVER.tag}"),
        ({"repository": "localhost:5000/nats", "tag": "x"}, "localhost:5000/nats:x"),
        ({"repository": "nats@sha256:abc"}, "nats@sha256:abc"),
        ({"repository": "nats@sha256:abc", "tag": "2.11.0"}, "nats@sha256:abc"),
    ],
)
def test_an_image_is_completed_from_the_default_and_a_digest_is_kept(image: Object, reference: str) -> None:
    assert resolve({"image": image}).cluster.server.image == reference


def test_a_running_server_keeps_its_image_when_none_is_asked_for() -> None:
    live = live_stateful_set(cluster({"image": {"tag": "2.10.1"}}))
    result = resolve({"image": {"pullPolicy": "Always"}}, live)
    assert (result.cluster.server.image, result.cluster.server.pull_policy) == ("nats:2.10.1", "Always")


def test_a_running_server_gets_the_image_that_is_asked_for() -> None:
    live = live_stateful_set(cluster({"image": {"tag": "2.10.1"}}))
    assert resolve({"image": {"tag": "2.12.6"}}, live).cluster.server.image == "nats:2.12.6"


def test_the_sidecars_keep_their_tags_until_the_server_s_changes() -> None:
    before = {"image": {"tag": "2.10.1"}, "reloader": {"image": {"tag": "0.1.0"}}, "promExporter": {"enabled": True}}
    live = live_stateful_set(cluster(before))
    kept = resolve({"promExporter": {"enabled": True}}, live).cluster
    assert kept.reloader is not None
    assert kept.reloader.image == "natsio/nats-server-config-reloader:0.1.0"
    moved = resolve({"image": {"tag": "2.12.6"}, "promExporter": {"enabled": True}}, live).cluster
    assert moved.reloader is not None
    assert moved.exporter is not None
    assert (moved.reloader.image, moved.exporter.container.image) == (str(RELOADER), str(EXPORTER))


def test_a_mirror_reaches_the_tag_that_a_running_server_keeps() -> None:
    live = live_stateful_set(cluster({"image": {"tag": "2.10.1"}}))
    registry = resolve({"global": {"imageRegistry": "mirror.local"}}, live).cluster
    repository = resolve({"image": {"repository": "mirror.local/nats"}}, live).cluster
    assert registry.server.image == repository.server.image == "mirror.local/nats:2.10.1"


# Memory


def environment_of(spec: Object) -> Object:
    return {variable["name"]: variable["value"] for variable in resolve(spec).cluster.server.env}


@pytest.mark.parametrize(
    ("limit", "environment"),
    [
        ("1Gi", {"GOMEMLIMIT": "819MiB"}),
        (1073741824, {"GOMEMLIMIT": "819MiB"}),
        ("128974848000m", {"GOMEMLIMIT": "98MiB"}),
        ("1Mi", {}),
        ("0", {}),
        ("-1", {}),
        ("9Ei", {}),
    ],
)
def test_go_gets_four_fifths_of_the_memory_in_whole_mebibytes(limit: Any, environment: Object) -> None:
    spec = {"container": {"resources": {"limits": {"memory": limit}}}}
    assert environment_of(spec) == environment


def test_without_a_memory_limit_go_gets_none() -> None:
    assert environment_of({"container": {"resources": {"requests": {"memory": "1Gi"}}}}) == {}


def test_a_memory_limit_for_go_that_is_asked_for_stays() -> None:
    container = {"resources": {"limits": {"memory": "1Gi"}}, "env": [{"name": "GOMEMLIMIT", "value": "1MiB"}]}
    assert environment_of({"container": container}) == {"GOMEMLIMIT": "1MiB"}


# Listeners and routes


def test_one_server_has_no_routes() -> None:
    lone = resolve({}).cluster
    assert lone.routes is None
    assert [listener.name for listener in lone.listeners] == ["nats", "monitor"]


def test_each_server_of_a_cluster_has_a_route_by_its_own_name() -> None:
    routes = resolve({"replicas": 2, "config": {"cluster": {"port": 7000, "routeURLs": {"k8sClusterDomain": "k8s"}}}})
    assert routes.cluster.routes is not None
    assert routes.cluster.routes.urls == (
        "nats://c-0.c-headless.prod.svc.k8s:7000",
        "nats://c-1.c-headless.prod.svc.k8s:7000",
    )


def test_only_what_clients_use_is_published() -> None:
    published = [listener.name for listener in resolve({"replicas": 3}).cluster.listeners if listener.is_published]
    assert published == ["nats"]


# The disruption budget


@pytest.mark.parametrize(
    ("budget", "limits"),
    [
        ({}, {"maxUnavailable": 1}),
        ({"maxUnavailable": "30%"}, {"maxUnavailable": "30%"}),
        ({"maxUnavailable": 0}, {"maxUnavailable": 0}),
        ({"minAvailable": 2}, {"minAvailable": 2}),
    ],
)
def test_an_eviction_may_take_one_server_unless_something_else_is_said(budget: Object, limits: Object) -> None:
    found = resolve({"replicas": 3, "podDisruptionBudget": budget}).cluster.disruption_budget
    assert found is not None
    assert found.limits == limits


@pytest.mark.parametrize("spec", [{"replicas": 1}, {"replicas": 3, "podDisruptionBudget": {"enabled": False}}])
def test_a_lone_server_and_whoever_wants_none_get_no_budget(spec: Object) -> None:
    assert resolve(spec).cluster.disruption_budget is None
