"""Our CustomResourceDefinitions on the real API server, which has to agree with us about every custom resource."""

from functools import partial
from typing import Any

import pytest

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, read_box, read_cluster
from natsop_core.crd import custom_resource_definitions
from tests.testbed import refresh_openapi
from tests.testbed.client import ApiError, Client
from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until
from tests.unit.natsop_core.api import examples
from tests.unit.natsop_core.api.examples import Invalid, Manifest

PATHS = {
    "NatsCluster": "/apis/nats.crewlet.cloud/v1alpha1/namespaces/default/natsclusters",
    "NatsBox": "/apis/nats.crewlet.cloud/v1alpha1/namespaces/default/natsboxes",
}


@pytest.fixture(scope="module")
def client(control_plane: ControlPlane) -> Client:
    """A client of an API server that has our definitions."""
    client = control_plane.cluster.client
    for definition in custom_resource_definitions():
        client.apply(definition)
    for definition in custom_resource_definitions():
        name = definition["metadata"]["name"]
        wait_until(partial(is_established, client, name), what=f"{name} is established")
    for manifest in (examples.QUICK_START, examples.QUICK_START_BOX):
        wait_until(partial(create, client, manifest), what=f"{manifest['kind']} is served")
    return client


def is_established(client: Client, name: str) -> bool:
    return conditions(client, name).get("Established") == "True"


def conditions(client: Client, name: str) -> dict[str, str]:
    status = client.get("CustomResourceDefinition", name).get("status", {})
    return {entry["type"]: entry["status"] for entry in status.get("conditions") or ()}


def create(client: Client, manifest: Manifest) -> dict[str, Any]:
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    created: dict[str, Any] = client.request("POST", PATHS[manifest["kind"]], body=manifest, query=query)
    return created


def refusal(client: Client, manifest: Manifest) -> str:
    """Why the API server refuses the custom resource; empty when it takes it."""
    try:
        create(client, manifest)
    except ApiError as error:
        return error.message
    return ""


def test_the_definitions_are_structural(client: Client) -> None:
    for definition in custom_resource_definitions():
        assert conditions(client, definition["metadata"]["name"]).get("NonStructuralSchema", "False") == "False"


@pytest.mark.parametrize("manifest", examples.VALID.values(), ids=list(examples.VALID))
def test_what_we_take_the_api_server_takes(client: Client, manifest: Manifest) -> None:
    assert refusal(client, manifest) == ""


@pytest.mark.parametrize("invalid", examples.INVALID.values(), ids=list(examples.INVALID))
def test_what_we_refuse_the_api_server_refuses_at_the_same_path(client: Client, invalid: Invalid) -> None:
    message = refusal(client, invalid.manifest)
    assert f'unknown field "{invalid.path}"' in message or f"{invalid.path}: " in message


@pytest.mark.parametrize("place", [examples.storage, lambda size: examples.file_store(maxSize=size)])
def test_we_agree_about_every_size(client: Client, place: Any) -> None:
    disagreements = []
    for size in examples.SIZES:
        taken = refusal(client, place(size)) == ""
        if taken != isinstance(read_cluster(place(size)), NatsCluster):
            disagreements.append((size, "taken" if taken else "refused"))
    assert not disagreements


def test_defaults_are_filled_in_and_read_back_the_same(client: Client) -> None:
    for manifest in (examples.QUICK_START, examples.config(nats={}, cluster={"routeURLs": {}}, monitor={})):
        stored = read_cluster(create(client, manifest))
        written = read_cluster(manifest)
        assert isinstance(stored, NatsCluster)
        assert isinstance(written, NatsCluster)
        assert stored.spec == written.spec
    stored_box = read_box(create(client, examples.QUICK_START_BOX))
    assert not isinstance(stored_box, InvalidResource)


def test_the_status_is_taken_as_the_operator_writes_it(client: Client) -> None:
    client.create(examples.QUICK_START)
    condition = {
        "type": "Ready",
        "status": "False",
        "reason": "Starting",
        "message": "1 of 3 servers is ready.",
        "lastTransitionTime": "2026-11-23T00:00:00Z",
        "observedGeneration": 1,
    }
    status = {
        "observedGeneration": 1,
        "replicas": 3,
        "readyReplicas": 1,
        "endpoints": {"client": "nats://my-nats.default.svc:4222", "headless": "nats://my-nats-headless:4222"},
        "configMapName": "my-nats-config",
        "version": "2.12.6",
        "conditions": [condition],
    }
    client.patch("NatsCluster", "my-nats", {"status": status}, subresource="status")
    assert client.get("NatsCluster", "my-nats")["status"] == status


def test_kubectl_shows_what_matters(client: Client, control_plane: ControlPlane) -> None:
    client.apply(examples.cluster({"replicas": 3}, name="shown"))
    heading = control_plane.cluster.kubectl("get", "nc", "shown").stdout.splitlines()[0]
    assert heading.split() == ["NAME", "REPLICAS", "READY", "STATUS", "VERSION", "AGE"]


def test_the_vendored_openapi_is_that_of_the_api_server(client: Client) -> None:
    assert refresh_openapi.served(client) == refresh_openapi.current(), "run python -m tests.testbed.refresh_openapi"
