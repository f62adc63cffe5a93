"""What becomes of custom resources: typed values with their defaults, or problems in words for a user."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from natsop_core.api.natsbox import NatsBox
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, Problem, read_box, read_cluster
from tests.unit.natsop_core.api import examples
from tests.unit.natsop_core.api.examples import Invalid, Manifest

Read = Callable[[Manifest], NatsCluster | NatsBox | InvalidResource]
READERS: dict[str, Read] = {"NatsCluster": read_cluster, "NatsBox": read_box}


def read(manifest: Manifest) -> NatsCluster | NatsBox | InvalidResource:
    return READERS[manifest["kind"]](manifest)


def read_valid_cluster(manifest: Manifest) -> NatsCluster:
    cluster = read_cluster(manifest)
    assert isinstance(cluster, NatsCluster), cluster
    return cluster


@pytest.mark.parametrize("manifest", examples.VALID.values(), ids=list(examples.VALID))
def test_a_valid_resource_is_read(manifest: Manifest) -> None:
    assert not isinstance(read(manifest), InvalidResource)


@pytest.mark.parametrize("invalid", examples.INVALID.values(), ids=list(examples.INVALID))
def test_a_fault_is_reported_at_its_path_in_words_for_a_user(invalid: Invalid) -> None:
    result = read(invalid.manifest)
    assert isinstance(result, InvalidResource)
    assert result.problems == (Problem(invalid.path, invalid.message),)


def test_every_fault_of_a_resource_is_reported_at_once() -> None:
    result = read_cluster(examples.cluster({"replicas": 0, "image": {"tags": "x"}, "config": {"nats": {"port": "x"}}}))
    assert isinstance(result, InvalidResource)
    assert [str(problem) for problem in result.problems] == [
        "spec.replicas: must be at least 1",
        "spec.image.tags: unknown field",
        "spec.config.nats.port: must be an integer",
    ]


def test_what_is_left_out_has_the_defaults_of_the_api() -> None:
    spec = read_valid_cluster(examples.cluster({})).spec
    assert (spec.replicas, spec.config.nats.port, spec.config.cluster.port, spec.config.monitor.port) == (
        1,
        4222,
        6222,
        8222,
    )
    assert spec.config.cluster.no_advertise
    assert spec.config.cluster.route_urls.k8s_cluster_domain == "cluster.local"
    assert spec.config.monitor.enabled
    assert spec.reloader.enabled
    assert spec.pod_disruption_budget.enabled


def test_what_is_left_out_has_the_meaning_that_the_api_gives_it() -> None:
    spec = read_valid_cluster(examples.cluster({})).spec
    jetstream = spec.config.jetstream
    assert not jetstream.enabled
    assert not jetstream.memory_store.enabled
    assert jetstream.file_store.enabled, "the file store follows JetStream unless it is switched off"
    assert jetstream.file_store.pvc.enabled
    assert not spec.pod_template.config_checksum_annotation


def test_pass_through_values_stay_as_they_were_written() -> None:
    requests = {"cpu": "500m", "memory": "2Gi"}
    spec = read_valid_cluster(examples.resources(requests=requests, limits=None)).spec
    assert spec.container.resources == {"requests": requests}


def test_a_resource_from_the_api_server_is_read_with_all_its_metadata_and_status() -> None:
    manifest = examples.cluster({}) | {"status": {"replicas": 3, "anything": [1]}}
    manifest["metadata"] |= {
        "namespace": "prod",
        "uid": "u-1",
        "generation": 7,
        "resourceVersion": "42",
        "finalizers": ["a/b"],
        "deletionTimestamp": "2026-11-23T00:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
        "creationTimestamp": None,
    }
    cluster = read_valid_cluster(manifest)
    assert cluster.metadata.model_dump(exclude={"labels", "annotations"}) == {
        "name": "my-nats",
        "namespace": "prod",
        "uid": "u-1",
        "generation": 7,
        "resource_version": "42",
        "finalizers": ("a/b",),
        "deletion_timestamp": "2026-11-23T00:00:00Z",
    }
    assert cluster.status == {"replicas": 3, "anything": [1]}


def test_an_invalid_resource_keeps_what_its_status_needs() -> None:
    manifest = examples.cluster({"replicas": 0}) | {"status": {"conditions": []}}
    result = read_cluster(manifest)
    assert isinstance(result, InvalidResource)
    assert (result.kind, result.metadata.name, result.status) == ("NatsCluster", "my-nats", {"conditions": []})


@pytest.mark.parametrize("metadata", [None, [], {"name": 5}, {"labels": {"a": 1}}])
def test_malformed_metadata_is_a_problem_too(metadata: Any) -> None:
    result = read_cluster(examples.cluster({}) | {"metadata": metadata})
    assert isinstance(result, InvalidResource)
    assert result.problems[0].path.startswith("metadata")
    assert result.metadata.name == ""


def test_malformed_metadata_still_says_which_object_it_is() -> None:
    metadata = {"name": "my-nats", "namespace": "prod", "uid": "u-1", "labels": 5}
    result = read_cluster(examples.cluster({}) | {"metadata": metadata})
    assert isinstance(result, InvalidResource)
    assert (result.metadata.name, result.metadata.namespace, result.metadata.uid) == ("my-nats", "prod", "u-1")


def test_no_message_shows_a_value() -> None:
    for invalid in (
        examples.cluster({"image": {"pullPolicy": "hunter2"}, "container": {"resources": "hunter2"}}),
        examples.file_store(maxSize="hunter2"),
        examples.domain("hunter2_"),
    ):
        result = read_cluster(invalid)
        assert isinstance(result, InvalidResource)
        assert "hunter2" not in json.dumps([str(problem) for problem in result.problems])


def test_a_newer_api_server_may_know_more_of_metadata_and_status_than_we_do() -> None:
    manifest = examples.cluster({}) | {"status": {"invented": 1}}
    manifest["metadata"]["invented"] = 1
    assert read_valid_cluster(manifest).status == {"invented": 1}


def test_what_a_user_sends_is_checked_there_as_well() -> None:
    manifest = examples.cluster({}) | {"status": {"invented": 1, "replicas": "any"}}
    manifest["metadata"] |= {"invented": 1}
    result = read_cluster(manifest, strict=True)
    assert isinstance(result, InvalidResource)
    assert [str(problem) for problem in result.problems] == [
        "metadata.invented: unknown field",
        "status.invented: unknown field",
    ]


def test_labels_have_the_form_that_kubernetes_demands() -> None:
    manifest = examples.cluster({})
    manifest["metadata"] |= {"labels": {"a b": "c", "d": "e f"}, "annotations": {"A/b": "anything at all"}}
    result = read_cluster(manifest, strict=True)
    assert isinstance(result, InvalidResource)
    assert [problem.path for problem in result.problems] == ["metadata.labels", "metadata.labels"]


def test_an_empty_word_is_none() -> None:
    spec = read_valid_cluster(
        examples.cluster(
            {"service": {"type": ""}, "image": {"pullPolicy": ""}, "statefulSet": {"podManagementPolicy": ""}}
        )
    ).spec
    assert (spec.service.type, spec.image.pull_policy, spec.stateful_set.pod_management_policy) == (
        "ClusterIP",
        None,
        "Parallel",
    )


def test_ports_that_the_definition_has_no_default_for_have_those_of_nats() -> None:
    config = read_valid_cluster(examples.cluster({})).spec.config
    listeners = (config.leafnodes, config.websocket, config.mqtt, config.gateway, config.profiling)
    assert [listener.port for listener in listeners] == [7422, 8080, 1883, 7222, 65432]
