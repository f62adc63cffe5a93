"""A namespace in which an operator of the test's own works, and how a test knows what the operator has done there."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from natsop_core import names
from natsop_core.kinds import CREATED
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Client, Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.namespace import Namespace
from tests.testbed.operator import USER, Operator
from tests.testbed.wait import wait_until

SOON: Final = 60
"""Seconds for what takes one or two: the machine may be busy with other tests."""

COLLECTED_WITHIN: Final = 120
"""Seconds for the garbage collector, which looks for new kinds such as ours every 30 seconds only."""

MARKERS: Final = "default"
"""The namespace of what `await_all_handled` creates."""

USER_AGENT: Final = "natsop/"

CHILDREN: Final = tuple(resource.plural for resource in CREATED)


def nats_cluster(name: str, spec: Manifest | None = None, **metadata: Any) -> Manifest:
    return _custom_resource("NatsCluster", name, spec, metadata)


def nats_box(name: str, cluster: str = "", **metadata: Any) -> Manifest:
    return _custom_resource("NatsBox", name, {"clusterRef": {"name": cluster}} if cluster else {}, metadata)


def _custom_resource(kind: str, name: str, spec: Manifest | None, metadata: Manifest) -> Manifest:
    identity = {"name": name, **metadata}
    return {"apiVersion": names.API_VERSION, "kind": kind, "metadata": identity, "spec": spec or {}}


class Site(Namespace):
    """`client` is the admin's, with this namespace as its default. It goes with its control plane."""

    def __init__(self, operator: Operator, name: str) -> None:
        super().__init__(operator.cluster, name)
        self.operator = operator

    def mark(self) -> int:
        """The present end of the audit log."""
        return self.cluster.audit.mark()

    def writes(self, *, since: int = 0) -> list[AuditEntry]:
        """All that the operator asked to change in this namespace: children, status, events."""
        return self.cluster.audit.writes(since=since, user=USER, namespace=self.name)

    def changes(self, name: str = "", *, since: int = 0) -> list[AuditEntry]:
        """The operator's writes to children, or to those of one name."""
        return [each for each in self.writes(since=since) if each.resource in CHILDREN and name in ("", each.name)]

    def create(self, *manifests: Manifest) -> None:
        """Create the objects, and wait until the operator has dealt with those that are custom resources."""
        for manifest in manifests:
            self.client.create(manifest)
        for manifest in manifests:
            if manifest["apiVersion"] == names.API_VERSION:
                self.await_handled(manifest["kind"], manifest["metadata"]["name"])

    def await_handled(self, kind: str, name: str) -> Manifest:
        """Wait until the operator has reported on the custom resource's latest generation, and return it."""

        def handled() -> Manifest:
            found = self.client.get(kind, name)
            assert found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"], found
            return found

        return wait_until(handled, SOON, f"the operator has handled {kind} {name}")

    def await_condition(
        self, kind: str, name: str, condition: str, status: str, *, reason: str = "", timeout: float = SOON
    ) -> Manifest:
        """Wait for a condition of the custom resource's latest generation, and return the condition."""

        def seen() -> Manifest:
            found = self.client.get(kind, name)
            conditions = {each["type"]: each for each in found.get("status", {}).get("conditions", ())}
            wanted: Manifest = conditions.get(condition, {})
            assert wanted.get("status") == status, conditions
            assert wanted["observedGeneration"] == found["metadata"]["generation"], conditions
            assert reason in ("", wanted["reason"]), conditions
            return wanted

        what = f"{kind} {name} has {condition}={status} {reason}"
        return wait_until(seen, timeout, what)

    def await_child(self, kind: str, name: str, owner: Manifest, *, timeout: float = SOON) -> Manifest:
        """Wait until the object exists and the custom resource controls it, and return it."""

        def seen() -> Manifest:
            found = self.client.get(kind, name)
            assert controller_of(found) == owner["metadata"]["uid"], found["metadata"]
            return found

        return wait_until(seen, timeout, f"{kind} {name} belongs to {owner['kind']} {owner['metadata']['name']}")

    def await_gone(self, kind: str, name: str, *, timeout: float = COLLECTED_WITHIN) -> None:
        """Wait until the object does not exist any more."""
        wait_until(lambda: self.client.find(kind, name) is None, timeout, f"{kind} {name} is gone")

    def await_pods(self) -> None:
        """Wait until Kubernetes' controllers have made all pods that they are to make, and said so for good."""

        def made() -> bool:
            for kind in ("StatefulSet", "Deployment"):
                for each in self.client.list(kind):
                    assert has_all_pods(each), each
            return True

        wait_until(made, SOON, "all pods are made")

    def await_quiet(self, seconds: float = 1.0) -> None:
        """Wait until the operator has written nothing here for so long, because all that it was told of is done."""
        await_all_handled(self.operator)
        await_quiet(self.cluster, self.writes, seconds)


def new_site(operator: Operator, purpose: str) -> Site:
    """A fresh one; `purpose` is for those who read the logs."""
    name = f"{purpose}-{os.urandom(4).hex()}"
    operator.cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return Site(operator, name)


def has_all_pods(workload: Manifest) -> bool:
    """Whether the status of a StatefulSet or Deployment says so; earlier pods may stay until the new ones are ready."""
    status = workload["status"]
    is_observed = status.get("observedGeneration") == workload["metadata"]["generation"]
    return bool(is_observed and status.get("updatedReplicas", 0) == workload["spec"]["replicas"])


def controller_of(obj: Manifest) -> str:
    """The UID of the object's controller, or empty."""
    owners = obj["metadata"].get("ownerReferences", ())
    return next((str(owner["uid"]) for owner in owners if owner.get("controller")), "")


def await_all_handled(operator: Operator) -> None:
    """Wait until the operator has begun, and most likely ended, the work on all that it knew of before this call.

    Its queue is in order: when two custom resources in a row, made later, are done, so is what was queued before them.
    """
    client = operator.cluster.client.in_namespace(MARKERS)
    for _ in range(2):
        name = f"marker-{os.urandom(4).hex()}"
        client.create(nats_box(name, "no-such-cluster"))
        wait_until(lambda name=name: _is_reported(client, name), SOON, "the operator gets to a new NatsBox")  # type: ignore[misc]
        client.delete("NatsBox", name)


def _is_reported(client: Client, name: str) -> bool:
    return "status" in client.get("NatsBox", name)


class Writes(Protocol):
    """Some of what the operator wrote since a mark in the audit log."""

    def __call__(self, *, since: int) -> list[AuditEntry]: ...


def await_quiet(cluster: Cluster, writes: Writes, seconds: float, timeout: float = SOON) -> None:
    """Wait until there was no such write for so many seconds, the first of them from now on."""
    mark, start = cluster.audit.mark(), datetime.now(UTC)

    def quiet() -> bool:
        seen = writes(since=mark)
        latest = max([start, *(entry.time for entry in seen)])
        assert (datetime.now(UTC) - latest).total_seconds() >= seconds, seen[-3:]
        return True

    wait_until(quiet, timeout + seconds, f"no write for {seconds:g} s")


def unauthorized(cluster: Cluster, *, since: int = 0) -> list[AuditEntry]:
    """What the operator asked for and its ServiceAccount had no right to."""
    return [entry for entry in cluster.audit.entries(user=USER, since=since) if entry.forbidden]


def wait_out(seconds: float) -> None:
    """Let that time pass, because that it passes is what a test is about."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + SOON, f"{seconds:g} s have passed", interval=0.2)


def requests_within(operator: Operator, seconds: float) -> list[AuditEntry]:
    """What operators ask for in the seconds from now on, also as nobody, because their token is not valid any more."""
    audit = operator.cluster.audit
    mark = audit.mark()
    wait_out(seconds)
    return [entry for entry in audit.entries(since=mark) if entry.user_agent.startswith(USER_AGENT)]
