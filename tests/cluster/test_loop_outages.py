"""A running operator waits out what goes away, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from natsop_core import names
from natsop_core.crd import custom_resource_definitions
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import Operator, install_crds
from tests.testbed.wait import wait_until


def apply_cluster(operator: Operator, name: str) -> None:
    """Apply a NatsCluster and wait for the operator to have concluded about it."""
    client = operator.cluster.client
    metadata = {"name": name, "namespace": "default"}
    client.apply(
        {"apiVersion": names.API_VERSION, "kind": names.CLUSTER_KIND, "metadata": metadata, "spec": {"replicas": 1}}
    )

    def is_concluded() -> bool:
        status = client.get(names.CLUSTER_KIND, name, namespace="default").get("status", {})
        return "observedGeneration" in status

    wait_until(is_concluded, timeout=60, what=f"the operator reports on {name}")
    assert client.get("StatefulSet", names.stateful_set(name), namespace="default")


def test_an_api_server_that_restarts(operated: Operator, control_plane: ControlPlane) -> None:
    apply_cluster(operated, "before")
    pid = operated.pid
    control_plane.api_server.restart()
    apply_cluster(operated, "after")
    assert operated.pid == pid


def test_definitions_that_are_removed_and_installed_again(operated: Operator) -> None:
    pid, client = operated.pid, operated.cluster.client
    apply_cluster(operated, "first")
    for definition in custom_resource_definitions():
        client.delete("CustomResourceDefinition", definition["metadata"]["name"])
    wait_until(lambda: not client.list("CustomResourceDefinition"), what="the definitions are removed")
    install_crds(operated.cluster)
    apply_cluster(operated, "second")
    assert operated.pid == pid


@pytest.fixture
def started(operated: Operator, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another operator, that may end."""
    command = [sys.executable, "-m", "natsop_runtime", "run", f"--kubeconfig={operated.cluster.kubeconfig}"]
    log = tmp_path / "log"
    with log.open("wb") as output, subprocess.Popen(command, stderr=output) as process:
        wait_until(lambda: "synced" in log.read_text(), what="it has synced")
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(started: subprocess.Popen[bytes], number: signal.Signals) -> None:
    begun = time.monotonic()
    os.kill(started.pid, number)
    assert started.wait(20) == 0
    assert time.monotonic() - begun < 5


def test_it_ends_though_the_api_server_does_not_answer(
    started: subprocess.Popen[bytes], control_plane: ControlPlane
) -> None:
    assert control_plane.api_server.pid is not None
    os.kill(control_plane.api_server.pid, signal.SIGSTOP)
    try:
        started.terminate()
        assert started.wait(20) == 0
    finally:
        os.kill(control_plane.api_server.pid, signal.SIGCONT)
