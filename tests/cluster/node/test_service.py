"""Clusters without JetStream on the node: servers start, find each other and serve clients."""

import re

import trustme

from natsop_core.resolve.images import SERVER
from tests.cluster.node.nats import (
    CLUSTER,
    READY_WITHIN,
    address_of,
    condition,
    nats_cluster,
    pods_of,
    start,
    wait_until_ready,
    wait_until_routed,
)
from tests.testbed.namespace import Namespace


def test_a_message_makes_the_round_trip_through_a_lone_server_by_the_boxs_default_context(workspace: Namespace) -> None:
    box = start(workspace, nats_cluster())

    message = box.subscribe("greetings", known_to=f"{CLUSTER}-0")
    box.nats("pub", "greetings", "hello")

    assert message.result() == "hello\n"
    assert condition(workspace.client.get("NatsCluster", CLUSTER), "Available")["status"] == "True"


def test_a_message_published_on_one_server_arrives_at_a_subscriber_on_another(workspace: Namespace) -> None:
    box = start(workspace, nats_cluster(replicas=3))
    first, second, third = pods_of(3)

    message = box.subscribe("greetings", f"--server={address_of(workspace, first)}", known_to=third)
    box.nats("pub", "greetings", "hello", f"--server={address_of(workspace, third)}")

    assert message.result() == "hello\n"
    assert workspace.client.get("NatsCluster", CLUSTER)["status"]["readyReplicas"] == 3
    wait_until_routed(workspace, (first, second, third))


def test_a_cluster_without_a_monitor_is_ready_while_its_loaded_configuration_is_unknown(workspace: Namespace) -> None:
    workspace.client.create(nats_cluster(replicas=3, monitor={"enabled": False}))

    cluster = wait_until_ready(workspace)

    loaded = condition(cluster, "ConfigurationLoaded")
    assert (loaded["status"], loaded["reason"]) == ("Unknown", "NotObserved"), loaded
    assert cluster["status"]["readyReplicas"] == 3


def test_a_cluster_whose_monitor_has_tls_tells_what_it_runs(workspace: Namespace) -> None:
    pair = trustme.CA().issue_cert(CLUSTER)
    files = {"tls.crt": pair.cert_chain_pems[0].bytes().decode(), "tls.key": pair.private_key_pem.bytes().decode()}
    workspace.client.create(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nats-tls"}, "stringData": files}
    )
    tls = {"enabled": True, "secretName": "nats-tls"}
    workspace.client.create(nats_cluster(nats={"tls": tls}, monitor={"tlsEnabled": True}))
    wait_until_ready(workspace)

    def told() -> bool:
        cluster = workspace.client.get("NatsCluster", CLUSTER)
        assert condition(cluster, "ConfigurationLoaded")["status"] == "True", cluster["status"]
        assert cluster["status"]["version"] == SERVER.tag.removesuffix("-alpine")
        return True

    workspace.wait_until(told, what="the server has told what it runs")


def test_kubectl_waits_for_a_cluster_and_shows_its_columns_and_events(workspace: Namespace) -> None:
    workspace.client.create(nats_cluster())
    timeout = f"--timeout={READY_WITHIN}s"
    workspace.kubectl("wait", "natscluster", CLUSTER, "--for=condition=Ready", timeout, timeout=READY_WITHIN + 10)

    def told() -> bool:  # the events of a status follow it, and a busy server may tell its version later
        header, row = workspace.kubectl("get", "natscluster", CLUSTER).stdout.splitlines()
        described = workspace.kubectl("describe", "natscluster", CLUSTER).stdout
        assert re.split(r" {2,}", header.strip()) == ["NAME", "REPLICAS", "READY", "STATUS", "VERSION", "AGE"]
        assert row.split()[:-1] == [CLUSTER, "1", "1", "Ready", SERVER.tag.removesuffix("-alpine")]
        assert re.search(r"Normal +Available .* nats-operator +1 of 1 servers ready\.", described), described
        return True

    workspace.wait_until(told, READY_WITHIN, "kubectl shows all of it")
