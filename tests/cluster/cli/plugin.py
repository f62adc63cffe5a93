"""Running `kubectl natsop` as somebody, in a namespace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from natsop_core.rbac import viewers
from tests.testbed.namespace import Namespace

_PROGRAM = "from natsop_runtime.cli import kubectl; raise SystemExit(kubectl())"


def plugin(namespace: Namespace, *arguments: str, kubeconfig: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the program that kubectl runs for `kubectl natsop`, as the admin if as nobody else."""
    config = kubeconfig or namespace.cluster.kubeconfig
    options = [f"--kubeconfig={config}", f"--namespace={namespace.name}"]
    command = [sys.executable, "-c", _PROGRAM, *arguments, *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def answer(namespace: Namespace, *arguments: str) -> Any:
    """What a command says as JSON."""
    done = plugin(namespace, *arguments, "--output=json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def kubeconfig_of_a_viewer(namespace: Namespace) -> Path:
    """Of somebody with Kubernetes' own role `view` in the namespace, and ours for viewers."""
    who = {"kind": "ServiceAccount", "name": "viewer", "namespace": namespace.name}
    group = "rbac.authorization.k8s.io"
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": {"name": "viewer"}, "rules": viewers()}
    namespace.client.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "viewer"}})
    namespace.client.create(role)
    for name, kind in (("view", "ClusterRole"), ("viewer", "Role")):
        reference = {"apiGroup": group, "kind": kind, "name": name}
        metadata = {"apiVersion": f"{group}/v1", "kind": "RoleBinding", "metadata": {"name": name}}
        namespace.client.create({**metadata, "roleRef": reference, "subjects": [who]})
    return namespace.cluster.kubeconfig_for_service_account(namespace.name, "viewer")
