"""Others' controllers, as far as the operator notices them: the garbage collector, the workloads' own, and NACK."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import CLAIMS, DEPLOYMENTS, NACK_ACCOUNTS, STATEFUL_SETS, USING_ACCOUNTS, ApiResource
from tests.simulation.api_server.kinds import kind_of
from tests.simulation.api_server.server import Answer, Request
from tests.simulation.timers import Timers

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.storage import Change, Storage

Send = Callable[[Request], Answer]

ACCOUNT_FINALIZER: Final = "account.nats.io/finalizer"
"""NACK's own."""

FINALIZED_AFTER: Final = 1.0
COLLECTED_AFTER: Final = 3.0
REPORTED_AFTER: Final = 1.5


class Controllers:
    """Does what is due a moment after a change; `send` is how they reach the API server."""

    def __init__(self, storage: Storage, send: Send, *, has_pods: bool) -> None:
        self._storage = storage
        self._send = send
        self._has_pods = has_pods
        self._timers = Timers()
        storage.listen(self._hear)

    def stop(self) -> None:
        """Do nothing any more."""
        self._storage.unlisten(self._hear)
        self._timers.stop()

    def _hear(self, change: Change) -> None:
        if change.deleted or change.now.metadata.get("ownerReferences"):
            self._timers.later(("collect",), COLLECTED_AFTER, self._collect)
        resource = change.kind.resource
        if resource in (NACK_ACCOUNTS, *USING_ACCOUNTS):
            self._timers.later(("finalize",), FINALIZED_AFTER, self._finalize)
        if resource in (STATEFUL_SETS, DEPLOYMENTS) and not change.deleted:
            place = change.now.metadata["namespace"], change.now.metadata["name"]
            self._timers.later((resource.kind, *place), REPORTED_AFTER, lambda: self._report(resource, *place))

    def _collect(self) -> None:
        """Delete what only the dead own."""
        objects = [(kind, stored) for kind in self._storage.kinds() for stored in self._storage.all(kind)]
        alive = {stored.uid for _, stored in objects}
        for kind, stored in objects:
            owners = stored.metadata.get("ownerReferences")
            if owners and not any(owner["uid"] in alive for owner in owners):
                body = {"preconditions": {"uid": stored.uid}}
                self._send(request_about("DELETE", kind.resource, stored, body, user="garbage-collector"))

    def _finalize(self) -> None:
        """As NACK does: an Account is kept as long as anything uses it."""
        users = [stored for kind in map(kind_of, USING_ACCOUNTS) for stored in self._storage.all(kind)]
        used = {(stored.metadata["namespace"], stored.content["spec"].get("account")) for stored in users}
        for account in tuple(self._storage.all(kind_of(NACK_ACCOUNTS))):
            metadata = account.metadata
            finalizers = metadata.get("finalizers", [])
            others = [each for each in finalizers if each != ACCOUNT_FINALIZER]
            is_kept = "deletionTimestamp" not in metadata or (metadata["namespace"], metadata["name"]) in used
            if is_kept == (others == finalizers):
                change = {"metadata": {"finalizers": [*others, ACCOUNT_FINALIZER] if is_kept else others or None}}
                self._send(request_about("PATCH", NACK_ACCOUNTS, account, change, user="nack"))

    def _report(self, resource: ApiResource, namespace: str, name: str) -> None:
        """Without pods to be counted (see `pods`), all of the latest generation run, so the status says."""
        live = self._storage.get(kind_of(resource), namespace, name)
        if live is None:
            return
        replicas = live.content["spec"].get("replicas", 1)
        if resource == DEPLOYMENTS or not self._has_pods:
            self._count(live, resource, replicas)
        if resource == STATEFUL_SETS:
            for template in live.content["spec"].get("volumeClaimTemplates", ()):
                for ordinal in range(replicas):
                    self._claim(template, namespace, f"{template['metadata']['name']}-{name}-{ordinal}")

    def _count(self, live: Stored, resource: ApiResource, replicas: int) -> None:
        counts = dict.fromkeys(("replicas", "readyReplicas", "updatedReplicas", "availableReplicas"), replicas)
        status = {"observedGeneration": live.metadata["generation"], **counts}
        if live.content.get("status") != status:
            change = {"status": status}
            self._send(
                request_about("PATCH", resource, live, change, user="workload-controller", subresource="/status")
            )

    def _claim(self, template: Any, namespace: str, name: str) -> None:
        """Make the claim of a server that has none yet. It stays when the StatefulSet goes, or its servers do."""
        if self._storage.get(kind_of(CLAIMS), namespace, name) is None:
            claim = {**template, "metadata": {**template["metadata"], "name": name, "namespace": namespace}}
            self._send(
                Request(
                    method="POST",
                    path=path_of(CLAIMS, namespace),
                    query={"fieldManager": "workload-controller"},
                    content_type="application/json",
                    body=json.dumps(claim),
                    user="workload-controller",
                )
            )


def path_of(resource: ApiResource, namespace: str, name: str = "", subresource: str = "") -> str:
    """The path of an object, or without a name that of all of a namespace."""
    root = f"/apis/{resource.api_version}" if resource.group else "/api/v1"
    return f"{root}/namespaces/{namespace}/{resource.plural}{'/' * bool(name)}{name}{subresource}"


def request_about(
    method: str, resource: ApiResource, stored: Stored, body: Any, *, user: str, subresource: str = ""
) -> Request:
    """A controller's request about one object."""
    return Request(
        method=method,
        path=path_of(resource, stored.metadata["namespace"], stored.metadata["name"], subresource),
        query={"fieldManager": user} if method == "PATCH" else {},
        content_type="application/merge-patch+json" if method == "PATCH" else "application/json",
        body=json.dumps(body),
        user=user,
    )
