"""Where the loop is measured: a control plane of its own, the operator a process with its ServiceAccount's rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from tests.bench.bare_loop import Floor
from tests.bench.clusters import create_namespace, delete_all
from tests.bench.usage import Spent, resident_mebibytes, spent
from tests.testbed.audit import AuditEntry
from tests.testbed.control_plane import ControlPlane
from tests.testbed.operator import SYNCED, USER, Operator, install_crds, install_service_account
from tests.testbed.wait import wait_until

NAMESPACE: Final = "bench"
FLOOR: Final = "floor"

LONG: Final = 120.0
QUIET: Final = 2.0
"""Seconds in which the operator uses next to no processor time before it counts as being at rest."""


class World:
    """A control plane without a node, two namespaces, and an operator that is started and stopped."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane
        self.cluster = plane.cluster
        self.client = plane.cluster.client
        install_crds(self.cluster)
        self.kubeconfig = install_service_account(self.cluster)
        self.operator = Operator(
            self.cluster,
            self.kubeconfig,
            f"--metrics-bind-address={plane.address}:8443",
            f"--health-probe-bind-address={plane.address}:8081",
        )
        for namespace in (NAMESPACE, FLOOR):
            create_namespace(self.client, namespace)

    def start_operator(self) -> None:
        self.operator.start()
        self.operator.await_ready(60)

    def synced_at(self) -> datetime:
        """When the running operator began to reconcile, by its log."""
        lines = [json.loads(line) for line in self.operator.log.read_text().splitlines() if line.startswith("{")]
        return max(datetime.fromisoformat(each["time"]) for each in lines if each["message"] == SYNCED)

    def spent(self) -> Spent:
        return spent(self.operator.pid, self.plane.api_server.pid)

    def resident(self) -> float:
        assert self.operator.pid is not None
        return resident_mebibytes(self.operator.pid)

    def clear(self) -> None:
        """Delete all that was made of custom resources. The operator is stopped, or it would make it again."""
        delete_all(self.client, NAMESPACE)

    def requests(self, since: int) -> list[AuditEntry]:
        """What the operator asked of the API server."""
        return self.cluster.audit.entries(user=USER, since=since)

    def writes(self, since: int) -> list[AuditEntry]:
        """What of that asked for a change."""
        return self.cluster.audit.writes(user=USER, since=since)

    def await_current(self, names: set[str], since: int) -> None:
        """Wait until the operator has reported on all clusters. Seldom asked: it takes processor time, too."""

        def are_current() -> bool:
            statuses = [each for each in self.writes(since) if each.subresource == "status" and each.code < 300]
            return names <= {each.name for each in statuses}

        patience, interval = LONG + len(names) / 5, max(0.4, len(names) / 1000)
        wait_until(are_current, patience, "all clusters are reported on", interval=interval)

    def await_rest(self) -> None:
        """Wait until the operator does nothing any more."""
        since, used = time.monotonic(), self.spent().operator

        def rests() -> bool:
            nonlocal since, used
            now = self.spent().operator
            if now - used > 0.02:
                since, used = time.monotonic(), now
            return time.monotonic() - since >= QUIET

        wait_until(rests, LONG, "the operator is at rest", interval=0.2)

    def floor(self, clusters: int) -> Floor:
        """What the bare loop takes here and now."""
        command = [sys.executable, "-m", "tests.bench.bare_loop", str(self.cluster.kubeconfig), FLOOR, str(clusters)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
        delete_all(self.client, FLOOR)
        return Floor(**json.loads(done.stdout))


@contextmanager
def new_world(*, controller_manager: bool) -> Iterator[World]:
    with ControlPlane(controller_manager=controller_manager) as plane:
        world = World(plane)
        yield world
        world.operator.stop()
