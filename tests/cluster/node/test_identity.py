"""As whom pods run on the node, and what of Kubernetes they are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natsop_core import names
from tests.cluster.node.nats import (
    CLUSTER,
    edit,
    nats_cluster,
    pods_of,
    start,
    uids,
    wait_until_loaded,
    wait_until_ready,
)
from tests.testbed.cluster import Cluster
from tests.testbed.namespace import Namespace, new_namespace

PRIVILEGED = "privileged"
TOKENS = "/var/run/secrets"


@pytest.fixture
def lenient_workspace(shared_operator: Cluster) -> Iterator[Namespace]:
    """A Namespace in which pods may run as root."""
    with new_namespace(shared_operator, "identity", pod_security=PRIVILEGED) as namespace:
        yield namespace


def user_of(namespace: Namespace, pod: str, container: str) -> str:
    return namespace.exec(pod, "id", "-u", container=container).stdout.strip()


@pytest.mark.parametrize("level", ["podTemplate", "container"])
def test_servers_of_root_start_and_reload(lenient_workspace: Namespace, level: str) -> None:
    pods, cluster = pods_of(2), nats_cluster(replicas=2)
    cluster["spec"][level] = {**cluster["spec"].get(level, {}), "securityContext": {"runAsUser": 0}}
    lenient_workspace.client.create(cluster)
    wait_until_ready(lenient_workspace)
    assert user_of(lenient_workspace, pods[0], names.SERVER_CONTAINER) == "0"
    before = uids(lenient_workspace, pods)

    edit(lenient_workspace, config={"cluster": {"noAdvertise": False}})
    wait_until_loaded(lenient_workspace)

    assert uids(lenient_workspace, pods) == before, "the reloader signals servers of root"


def test_no_pod_has_a_token_for_the_api_server(workspace: Namespace) -> None:
    box = start(workspace, nats_cluster())
    for pod in (f"{CLUSTER}-0", box.pod):
        assert workspace.exec(pod, "ls", TOKENS, check=False).code != 0, f"{pod} has a token"
