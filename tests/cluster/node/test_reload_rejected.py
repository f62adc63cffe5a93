"""A configuration that running servers refuse: the status says so, in the servers' own words, until it is mended."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.cluster.node.nats import (
    CLUSTER,
    condition,
    nats_cluster,
    pods_of,
    restarts,
    wait_until_loaded,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

INCLUDE: Final = "tags.conf"

REJECTED_WITHIN: Final = 420
"""Seconds: three minutes of patience, what a kubelet takes to bring the file, and a busy node."""


def config_map(text: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {INCLUDE: text}}


@pytest.mark.long
def test_a_reload_that_servers_refuse_is_told_in_their_words_until_it_is_mended(workspace: Namespace) -> None:
    workspace.client.create(config_map('server_tags: ["a"]\n'))
    cluster = nats_cluster(includes=[{"name": INCLUDE, "configMap": {"name": "mine", "key": INCLUDE}}])
    cluster["spec"]["auth"] = {"systemUser": {"enabled": True}}
    workspace.client.create(cluster)
    wait_until_ready(workspace)

    change(workspace, "server_tags: 5\n")

    def rejected() -> str:
        found = condition(workspace.client.get("NatsCluster", CLUSTER), "ConfigurationLoaded")
        assert found["reason"] == "ReloadRejected", found
        assert "Reported errors: demo-0: " in found["message"], found
        return str(found["message"])

    said = workspace.wait_until(rejected, REJECTED_WITHIN, "the server's words are in the status")
    assert "server_tags" in said or "tags" in said, said
    assert condition(workspace.client.get("NatsCluster", CLUSTER), "Degraded")["reason"] == "ReloadRejected"

    change(workspace, 'server_tags: ["b"]\n')
    wait_until_ready(workspace)
    wait_until_loaded(workspace)
    assert restarts(workspace, pods_of(1)) == 0


def change(namespace: Namespace, text: str) -> None:
    fields: dict[str, Any] = {"data": config_map(text)["data"]}
    namespace.client.patch("ConfigMap", "mine", fields)
