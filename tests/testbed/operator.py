"""The operator under test: its CRDs, its ServiceAccount with the rights it asks for, and its process."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx2

from natsop_core.crd import custom_resource_definitions
from natsop_core.rbac import cluster_role, leader_election_role
from tests.testbed.client import Client
from tests.testbed.cluster import Cluster
from tests.testbed.locks import locked
from tests.testbed.process import Component
from tests.testbed.wait import wait_until

NAMESPACE: Final = "nats-system"
SERVICE_ACCOUNT: Final = "nats-operator"
USER: Final = f"system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}"
"""Its name in the audit log."""

SYNCED: Final = "synced"
"""What the operator's log says once it knows the cluster's state and begins to reconcile."""


_SERVING: Final = ("--metrics-bind-address=127.0.0.1:0", "--no-metrics-secure")


def install_crds(cluster: Cluster) -> None:
    """Install the CRDs and wait until the API server serves them."""
    for definition in custom_resource_definitions():
        cluster.client.apply(definition)
    client = Client(cluster.kubeconfig)  # one that has not seen any earlier ones
    for definition in custom_resource_definitions():
        wait_until(partial(_is_served, client, definition), 60, f"{definition['metadata']['name']} is served")


def install_service_account(
    cluster: Cluster, rules: Sequence[dict[str, Any]] | None = None, *, account: str = SERVICE_ACCOUNT
) -> Path:
    """Install a ServiceAccount with the operator's rights (others than its own for a test); its kubeconfig."""
    role, election = cluster_role(), leader_election_role(NAMESPACE)
    cluster.client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for manifest in (
        service_account(account),
        role if rules is None else {**role, "rules": list(rules)},
        binding_of(role, account),
        election,
        binding_of(election, account),
    ):
        cluster.client.apply(manifest)
    return cluster.kubeconfig_for_service_account(NAMESPACE, account)


def service_account(account: str) -> dict[str, Any]:
    """In the operator's namespace."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": NAMESPACE}}


def binding_of(role: dict[str, Any], account: str) -> dict[str, Any]:
    """What gives the rights of a Role or ClusterRole to that ServiceAccount of the operator's namespace."""
    group, _, _ = role["apiVersion"].partition("/")
    return {
        "apiVersion": role["apiVersion"],
        "kind": f"{role['kind']}Binding",
        "metadata": {**role["metadata"], "name": account},
        "roleRef": {"apiGroup": group, "kind": role["kind"], "name": role["metadata"]["name"]},
        "subjects": [{"kind": "ServiceAccount", "namespace": NAMESPACE, "name": account}],
    }


class Operator(Component):
    """`natsop run` as a process that a test may stop, kill and start again; ready when it has synced.

    program: the module that is `natsop`, if not this checkout's own.
    """

    def __init__(
        self,
        cluster: Cluster,
        kubeconfig: Path,
        *options: str,
        name: str = "operator",
        outlives_us: bool = False,
        program: str = "natsop_runtime",
    ) -> None:
        command = [sys.executable, "-m", program, "run", f"--kubeconfig={kubeconfig}", *options]
        log = cluster.logs / f"{name}.log"
        super().__init__(name, command, log=log, ready=self.has_synced, outlives_us=outlives_us)
        self.cluster = cluster
        self._started_at = 0

    def start(self) -> None:
        """Start it; what an earlier process logged does not count."""
        self._started_at = self.log.stat().st_size if self.log.exists() else 0
        super().start()

    def said(self) -> str:
        """What it has logged since it was started last."""
        return self.log.read_bytes()[self._started_at :].decode(errors="replace")

    def has_synced(self) -> bool:
        """Whether it says that it knows the cluster's state."""
        return SYNCED in self.said()


def ensure_shared_operator(cluster: Cluster, run: str) -> None:
    """See to it that one operator, started for this very test run, works in the cluster.

    Whichever of a run's processes comes first starts it. It must outlive that process, so it ends with the cluster, or
    when another test run, of newer code maybe, starts its own.
    """
    state = cluster.folder / "shared-operator"
    with locked(cluster.folder / "shared-operator.lock"):
        started_for, _, pid = state.read_text().partition(" ") if state.exists() else ("", "", "")
        if started_for == run:
            return
        if pid:
            os.kill(int(pid), signal.SIGKILL)
        install_crds(cluster)
        operator = Operator(cluster, install_service_account(cluster), *_SERVING, outlives_us=True)
        operator.start()
        operator.await_ready()
        state.write_text(f"{run} {operator.pid}")


def metrics_of_shared_operator(cluster: Cluster) -> str:
    """What it tells Prometheus."""
    port = re.findall(r"metrics at port (\d+)", (cluster.logs / "operator.log").read_text(errors="replace"))[-1]
    return httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=20, trust_env=False).text


def _is_served(client: Client, definition: dict[str, Any]) -> bool:
    """Established; and found by clients, and answered for, which takes a moment longer each."""
    status = client.get("CustomResourceDefinition", definition["metadata"]["name"]).get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions") or ()}
    kind = f"{definition['spec']['names']['kind']}.{definition['spec']['group']}"
    if conditions.get("Established") != "True" or not client.knows(kind):
        return False
    client.list(kind)  # an ApiError while it is not
    return True
