"""The kubectl commands of all pages, on a real API server: every command, option and kind of object exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from typing import Final

import pytest

from tests.pages import commands_of_program
from tests.testbed.control_plane import ControlPlane
from tests.testbed.go_modules import chart_crds, integration_crds
from tests.testbed.operator import install_crds
from tests.testbed.wait import wait_until

TAKES_MORE: Final = re.compile(r"[|<>$]|--from-file|apply |delete pvc|-- nats ")
"""Commands that need a shell, files, or a NatsBox: the quick start and the tests of their subject run these."""

COMMANDS: Final = [command for command in commands_of_program("kubectl") if not TAKES_MORE.search(command)]

NOTHING_RUNS_HERE: Final = re.compile(
    r"NotFound|not found|does not exist|Metrics API not available|no pods|pod is not running"
)
"""What a command may fail for on a control plane without a node and without the operator."""


@pytest.fixture(scope="module")
def site(control_plane: ControlPlane) -> ControlPlane:
    """A control plane with the namespaces and the custom resource of the page, and the kinds of other programs."""
    cluster = control_plane.cluster
    install_crds(cluster)
    for definition in (*integration_crds(), *chart_crds()):
        cluster.client.apply(definition)
    for name in ("my-namespace", "nats-operator"):
        cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    resource = {"apiVersion": "nats.crewlet.cloud/v1alpha1", "kind": "NatsCluster"}
    cluster.client.apply({**resource, "metadata": {"name": "my-nats", "namespace": "my-namespace"}, "spec": {}})
    kinds = "accounts.jetstream.nats.io,certificates.cert-manager.io,servicemonitors.monitoring.coreos.com"
    wait_until(lambda: cluster.kubectl("get", kinds).code == 0, what="the kinds are served")
    return control_plane


def test_every_command_of_the_pages_is_understood(site: ControlPlane) -> None:
    complaints = {command: complaint for command in COMMANDS if (complaint := complaint_about(site, command))}
    assert complaints == {}


def complaint_about(site: ControlPlane, command: str) -> str:
    """What the command says when it cannot be run at all; empty when it can."""
    _, *arguments = shlex.split(command)
    if arguments[0] == "natsop":
        environment = {**os.environ, "KUBECONFIG": str(site.cluster.kubeconfig)}
        program = [sys.executable, "-m", "natsop_runtime", *arguments[1:]]
        done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
        said = f"{done.stdout}{done.stderr}"
        return "" if done.returncode == 0 or "my-nats" in said or NOTHING_RUNS_HERE.search(said) else said
    finished = site.cluster.kubectl(*arguments, check=False)
    return "" if finished.code == 0 or NOTHING_RUNS_HERE.search(finished.stderr) else finished.stderr
