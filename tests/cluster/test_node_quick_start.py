"""The quick start of the documentation, followed literally on the node: every block and command, in their order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages import BLOCKS
from tests.testbed.namespace import Namespace

PAGE = "docs/quick-start.md"
WITHIN = 400
"""Seconds for a command; the page waits for five minutes itself."""


def commands() -> Iterator[str]:
    """What the page tells to type."""
    for block in BLOCKS:
        if block.place.startswith(f"{PAGE}:") and block.language == "console":
            for line in block.text.replace("\\\n", " ").splitlines():
                assert line.startswith("$ "), f"{block.place}: {line}"
                yield line.removeprefix("$ ")


@pytest.fixture
def reader(workspace: Namespace, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody whose kubectl works in the namespace; the file of the page lies in the folder."""
    [manifest] = [each for each in BLOCKS if each.place.startswith(f"{PAGE}:") and each.language == "yaml"]
    (tmp_path / "my-nats.yaml").write_text(manifest.text)
    cluster = workspace.cluster
    kubectl = tmp_path / "kubectl"
    options = shlex.join([f"--kubeconfig={cluster.kubeconfig}", f"--namespace={workspace.name}"])
    kubectl.write_text(f'#!/bin/sh\nexec {cluster.binary("kubectl")} {options} "$@"\n')
    kubectl.chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}


def test_the_quick_start_works_as_it_is_written(workspace: Namespace, reader: dict[str, str], tmp_path: Path) -> None:
    said: dict[str, str] = {}
    for command in commands():
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=reader,
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
        if command == "kubectl get nc,nb":
            described = workspace.kubectl("describe", "nc", "my-nats").stdout

    listed = said["kubectl get nc,nb"]
    assert re.search(r"^natscluster\S*/my-nats +3 +3 +Ready +\d+\.\d+\.\d+ ", listed, re.MULTILINE), listed
    assert re.search(r"^natsbox\S*/my-box +1 +1 +Ready ", listed, re.MULTILINE), listed
    assert {"ConfigurationLoaded", "Available", "Degraded"} <= set(re.findall(r"Type: +(\w+)", described))
    assert "Conditions:" in described
    assert "ORDERS" in said["kubectl exec deploy/my-box -- nats stream ls"]
    assert "fileStore" in said["kubectl explain natscluster.spec.config.jetstream"]
    assert workspace.client.list("PersistentVolumeClaim", namespace=workspace.name) == []
