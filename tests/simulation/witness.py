"""Watches every write of an operator for what none of them may ever do, whatever goes wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from natsop_core.kinds import CLAIMS, NACK_ACCOUNTS, STATEFUL_SETS
from natsop_core.mounts import referred_to_by
from natsop_core.names import (
    ACCOUNTS_FINALIZER,
    ALLOW_DATA_LOSS_ANNOTATION,
    APPLIED_ANNOTATION,
    COMMITMENTS_ANNOTATION,
    FIELD_MANAGER,
    MANAGED_BY_LABEL,
)
from tests.simulation.accounts import Accounts
from tests.simulation.api_server.kinds import CUSTOM, EVENTS, LEASES
from tests.simulation.api_server.validation import is_change_of_fixed_field
from tests.simulation.commitments import Commitments

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import Answer, Request, Target
    from tests.simulation.api_server.storage import Change, Storage
    from tests.testbed.client import Manifest

NOT_HEARD_YET: Final = 300.0
"""Seconds for which an operator may not know that an object was taken from its owner: its watch may be silent."""

MADE_FOR_PODS: Final = ("-config", "-auth", "-routes")
"""How the names end of what the operator makes for the servers' pods."""

MOST_REQUESTS: Final = 6000
"""More than this in one scenario, and somebody runs in circles."""


class Witness:
    """Collects misdeeds, each as a sentence."""

    def __init__(self, storage: Storage, clock: Callable[[], float], *, most_requests: float = MOST_REQUESTS) -> None:
        self.misdeeds: list[str] = []
        self._clock = clock
        self._most_requests = most_requests
        self._requests = 0
        self._custom_resources: set[str] = set()  # the UIDs of all that ever were
        self._allowed: dict[str, str] = {}  # what those that there are say that may be lost, by their UIDs
        self._commitments = Commitments()
        self._accounts = Accounts(clock)
        self._made: set[str] = set()  # all that was ever made for pods
        self._disowned: dict[str, float] = {}  # when a custom resource lost which object, by its UID
        self._holder = ""  # of the lease
        self._held_since = 0.0
        self._identities: dict[str, str] = {}  # of the operators that ever held it
        storage.listen(self._hear)

    def allows_more(self) -> bool:
        """Whether there may be another request."""
        self._requests += 1
        if self._requests == self._most_requests:
            self.misdeeds.append(f"there were {self._requests} requests: that will never end")
        return self._requests < self._most_requests

    def see(self, request: Request, target: Target, before: Stored | None, *, sent_at: float, answer: Answer) -> None:
        """A write, what the object was like before, when the request left its sender, and what became of it."""
        resource = target.kind.resource
        if resource == LEASES:
            self._identities[json.loads(request.body)["spec"].get("holderIdentity") or ""] = request.user
            return
        if self._holder and self._identities.get(self._holder) != request.user and sent_at >= self._held_since:
            self._report(request, f"{request.user} wrote while {self._identities.get(self._holder)} led")
        if answer.code < 300:
            self._see_success(request, target, before, sent_at)
        elif is_change_of_fixed_field(answer.text):
            self._report(request, "nobody may ever change that field")

    def _see_success(self, request: Request, target: Target, before: Stored | None, sent_at: float) -> None:
        resource = target.kind.resource
        if resource != EVENTS and not _is_guarded(request):
            self._report(request, "nothing says which object, or which version of it, is meant")
        if resource in CUSTOM:
            if target.subresource != "status" and not _says_only_our_finalizer(request, before):
                self._report(request, "it is people who write custom resources")
        elif resource == CLAIMS:
            if before is None or not _says_only_what_is_committed(request):
                self._report(request, "claims are nobody's but their users'")
        elif resource != EVENTS and before is not None and not self._may_pass_for_ours(before):
            self._report(request, "the object is somebody else's")
        if resource == STATEFUL_SETS and request.method == "PATCH":
            self._see_servers(request)
        if resource == NACK_ACCOUNTS and before is None and not self._accounts.may_be_made(request, sent_at):
            self._report(request, "its custom resource does not wait for it")

    def _see_servers(self, request: Request) -> None:
        stateful_set = json.loads(request.body)
        if isinstance(stateful_set, list):  # a patch that only moves ownership
            return
        for key in self._missing(stateful_set):
            self._report(request, f"its pods refer to {key}, which was never there")
        allowed = self._allowed.get(stateful_set["metadata"]["ownerReferences"][0]["uid"])
        if allowed is None:  # its custom resource is gone, and it goes, too
            return
        for why in self._commitments.broken_by(stateful_set, allowed=allowed):
            self._report(request, why)

    def _missing(self, stateful_set: Manifest) -> list[ObjectKey]:
        """What pods would refer to of what the operator makes itself, and has never made."""
        metadata, pod = stateful_set["metadata"], stateful_set["spec"]["template"]["spec"]
        made = {f"{metadata['name']}{end}" for end in MADE_FOR_PODS}
        needed = referred_to_by(pod, metadata["namespace"])
        return sorted(key for key in needed if key.name in made and str(key) not in self._made)

    def _may_pass_for_ours(self, stored: Stored) -> bool:
        if not stored.controller_uid and is_orphan_of_ours(stored):
            return True
        lost_at = self._disowned.get(stored.uid, -math.inf)
        return stored.controller_uid in self._custom_resources or self._clock() - lost_at < NOT_HEARD_YET

    def _hear(self, change: Change) -> None:
        metadata = change.now.metadata
        if metadata["name"].endswith(MADE_FOR_PODS):
            self._made.add(str(change.kind.resource.key(metadata["namespace"], metadata["name"])))
        if change.kind.resource in CUSTOM:
            self._hear_of_custom_resource(change.now, deleted=change.deleted)
        for orphan in self._accounts.orphaned_by(change):
            self.misdeeds.append(f"{orphan}: its custom resource does not wait for it any more")
        if change.before is not None and change.before.controller_uid not in ("", change.now.controller_uid):
            self._disowned[change.now.uid] = self._clock()
        if change.kind.resource == LEASES:
            holder = change.now.content["spec"].get("holderIdentity") or ""
            if holder != self._holder:
                self._holder, self._held_since = holder, self._clock()

    def _hear_of_custom_resource(self, now: Stored, *, deleted: bool) -> None:
        self._custom_resources.add(now.uid)
        if deleted:
            self._allowed.pop(now.uid, None)
            self._commitments.forget(now.metadata["namespace"], now.metadata["name"])
        else:
            self._allowed[now.uid] = (now.metadata.get("annotations") or {}).get(ALLOW_DATA_LOSS_ANNOTATION, "")

    def _report(self, request: Request, why: str) -> None:
        self.misdeeds.append(f"{request.method} {request.path}: {why}")


def _says_only_what_is_committed(request: Request) -> bool:
    """Whether a write to a claim is about that annotation of ours and nothing else."""
    body = json.loads(request.body)
    named = {"name", "namespace", "uid", "annotations"}
    return (
        request.method == "PATCH"
        and body.keys() == {"apiVersion", "kind", "metadata"}
        and body["metadata"].keys() == named
        and body["metadata"]["annotations"].keys() == {COMMITMENTS_ANNOTATION}
    )


def _says_only_our_finalizer(request: Request, before: Stored | None) -> bool:
    """Whether a write to a custom resource sets or removes that finalizer of ours and nothing else."""
    body = json.loads(request.body)
    if before is None or request.method != "PATCH" or body.keys() != {"metadata"}:
        return False
    if body["metadata"].keys() != {"uid", "resourceVersion", "finalizers"}:
        return False
    was, now = before.metadata.get("finalizers") or (), body["metadata"]["finalizers"] or ()
    return {*was} ^ {*now} == {ACCOUNTS_FINALIZER}


def is_orphan_of_ours(stored: Stored) -> bool:
    """Whether all says that we have made it: our label, and the annotation that nobody else writes."""
    metadata = stored.metadata
    is_labelled = metadata.get("labels", {}).get(MANAGED_BY_LABEL) == FIELD_MANAGER
    return is_labelled and bool(metadata.get("annotations", {}).get(APPLIED_ANNOTATION))


def _is_guarded(request: Request) -> bool:
    """Whether the request is refused when the object is another than its sender thinks."""
    body = json.loads(request.body)
    if isinstance(body, list):
        return any(operation["path"] == "/metadata/resourceVersion" for operation in body)
    if request.method == "DELETE":
        return "uid" in body.get("preconditions", {})
    return not body["metadata"].keys().isdisjoint(("uid", "resourceVersion"))
