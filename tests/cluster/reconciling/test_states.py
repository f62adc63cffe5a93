"""What kubectl shows of each state, and whether it waits: the statuses of the core, on a real API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natsop_core.kinds import BOXES, CLUSTERS
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.namespace import Namespace, new_namespace
from tests.unit.natsop_core.states import STATES, State

PLURALS = {each.kind: f"{each.plural}.{each.group}" for each in (CLUSTERS, BOXES)}
LIVING = {name: state for name, state in STATES.items() if "deletionTimestamp" not in state.resource["metadata"]}


@pytest.fixture(scope="module")
def shown(quiet_plane: ControlPlane) -> Iterator[Namespace]:
    """A namespace with a custom resource in each state, and nobody who changes them."""
    with new_namespace(quiet_plane.cluster, "states") as namespace:
        for name, state in LIVING.items():
            put(namespace, name, state)
        yield namespace


def put(namespace: Namespace, name: str, state: State) -> None:
    """The resource with its status; where that is of an earlier generation, with an edit since."""
    kind = state.resource["kind"]
    manifest = {key: state.resource[key] for key in ("apiVersion", "kind", "spec")} | {"metadata": {"name": name}}
    namespace.client.create(manifest)
    namespace.client.patch(kind, name, {"status": state.resource["status"]}, subresource="status")
    if state.resource["metadata"]["generation"] > 1:
        namespace.client.patch(kind, name, {"spec": {"global": {"labels": {"edited": "yes"}}}})


def row(namespace: Namespace, state: State, name: str) -> dict[str, str]:
    """The columns that `kubectl get` shows, by their names."""
    table: Manifest = {}
    head, values = namespace.kubectl("get", PLURALS[state.resource["kind"]], name).stdout.splitlines()
    for column, value in zip(head.split(), values.split(), strict=False):
        table[column] = value
    return table


@pytest.mark.parametrize("name", LIVING)
def test_the_columns_show_numbers_of_pods_and_the_reason(shown: Namespace, name: str) -> None:
    state = LIVING[name]
    status = state.resource["status"]
    columns = row(shown, state, name)
    assert columns["NAME"] == name
    assert (columns["REPLICAS"], columns["READY"]) == (str(status["replicas"]), str(status["readyReplicas"]))
    assert columns["STATUS"] == state.ready
    assert ("VERSION" in columns) == (state.resource["kind"] == "NatsCluster")


@pytest.mark.parametrize("name", LIVING)
def test_kubectl_waits_unless_it_is_ready(shown: Namespace, name: str) -> None:
    state = LIVING[name]
    target = f"{PLURALS[state.resource['kind']]}/{name}"
    waited = shown.kubectl("wait", "--for=condition=Ready", target, "--timeout=1s", check=False)
    is_of_latest = state.resource["metadata"]["generation"] == 1
    assert (waited.code == 0) == (state.ready == "Ready" and is_of_latest), waited
