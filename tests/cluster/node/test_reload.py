"""Reloading on the node: an edit that nats-server can take over reaches every server, and no pod is started anew."""

from datetime import UTC, datetime, timedelta

import pytest

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import read_cluster
from natsop_core.conf.digest import Unknown
from natsop_core.conf.server import server_block
from natsop_core.lookup import Lookup
from natsop_core.offline import inputs_at_hand
from natsop_core.resolve.cluster import resolve_cluster
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    condition,
    edit,
    monitor,
    nats_cluster,
    pods_of,
    restarts,
    uids,
    wait_until_loaded,
    wait_until_ready,
)
from tests.config_digests import config_digest
from tests.testbed.namespace import Namespace
from tests.testbed.wait import wait_until

GO_RELOADERS_LIFE = timedelta(minutes=2)
"""After which the reloader of the Go operator's pods exits."""

LONG_ENOUGH = GO_RELOADERS_LIFE + timedelta(minutes=1)


@pytest.mark.long
def test_a_reloader_that_has_run_for_three_minutes_still_brings_an_edit_to_its_server(workspace: Namespace) -> None:
    pods = pods_of(3)
    workspace.client.create(nats_cluster(replicas=3, jetstream=JETSTREAM))
    wait_until_ready(workspace)
    before, digests_before = uids(workspace, pods), reported_digests(workspace, pods)
    wait_until(
        lambda: min(age_of_reloader(workspace, pod) for pod in pods) >= LONG_ENOUGH,
        timeout=LONG_ENOUGH.total_seconds() + 30,
        what="every reloader has run for three minutes",
        interval=2,
    )

    edit(workspace, config={"cluster": {"noAdvertise": False}})
    cluster = wait_until_ready(workspace)
    assert condition(cluster, "ConfigurationLoaded")["status"] != "False"
    wait_until_loaded(workspace)

    assert reported_digests(workspace, pods) == computed_digests(workspace, pods) != digests_before
    assert uids(workspace, pods) == before
    assert restarts(workspace, pods) == 0


def age_of_reloader(namespace: Namespace, pod: str) -> timedelta:
    """How long the pod's reloader has been running without a restart."""
    statuses = namespace.client.get("Pod", pod)["status"]["containerStatuses"]
    reloader = next(each for each in statuses if each["name"] == names.RELOADER_CONTAINER)
    assert "running" in reloader["state"], reloader
    return datetime.now(UTC) - datetime.fromisoformat(reloader["state"]["running"]["startedAt"])


def reported_digests(namespace: Namespace, pods: list[str]) -> dict[str, object]:
    return {pod: monitor(namespace, pod, "/varz")["config_digest"] for pod in pods}


def computed_digests(namespace: Namespace, pods: list[str]) -> dict[str, str | Unknown]:
    """What natsop_core says that the servers of the cluster, as it is in the API server, should report."""
    cluster = read_cluster(namespace.client.get("NatsCluster", CLUSTER))
    assert isinstance(cluster, NatsCluster), cluster
    inputs = inputs_at_hand([namespace.client.get("StatefulSet", CLUSTER)], datetime.now(UTC))
    resolved = resolve_cluster(cluster, Lookup(inputs)).cluster
    assert resolved is not None
    block = server_block(resolved)
    return {pod: config_digest(block, {names.SERVER_NAME_VARIABLE: names.server_name(pod)}) for pod in pods}
