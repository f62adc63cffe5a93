"""Faults of the operator itself, put into it on purpose: a simulation that does not notice one is worth nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from unittest import mock

import pytest

from natsop_core import drift, live
from natsop_core.live import Child, LiveObject
from natsop_core.outcomes import Unchanged
from natsop_core.requeue import RELOAD_SECONDS
from natsop_core.resolve import auth, integrations
from natsop_runtime import applier
from natsop_runtime.api_server import status_errors
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.api_server.http_client import HttpClient, Request
from natsop_runtime.api_server.kube import Kube
from natsop_runtime.cache.informers import Informers
from natsop_runtime.cache.store import Store
from natsop_runtime.executor import Executor
from natsop_runtime.leader_election import Fence
from natsop_runtime.queue import WorkQueue
from natsop_runtime.reference_index import ReferenceIndex
from tests.simulation.account_mutations import ACCOUNT_MUTATIONS
from tests.simulation.commitment_mutations import COMMITMENT_MUTATIONS

Mutation = Callable[[pytest.MonkeyPatch], None]


def relist_forgets_deletions(patch: pytest.MonkeyPatch) -> None:
    """What a list does not have any more stays in the store."""
    replace = Store.replace

    def without_removals(self: Store[Any], objects: Any, version: str) -> None:
        with mock.patch.object(Store, "_remove", lambda *_: None):
            replace(self, objects, version)

    patch.setattr(Store, "replace", without_removals)


def references_known_too_late(patch: pytest.MonkeyPatch) -> None:
    """What a custom resource refers to is recorded after it was fetched, not before."""
    patch.setattr(ReferenceIndex, "add", lambda *_: None)


def references_never_known(patch: pytest.MonkeyPatch) -> None:
    """What a custom resource refers to is not recorded at all."""
    patch.setattr(ReferenceIndex, "add", lambda *_: None)
    patch.setattr(ReferenceIndex, "replace", lambda *_: None)


def too_old_is_tried_again(patch: pytest.MonkeyPatch) -> None:
    """A version that is too old is asked for again and again."""
    patch.setattr(status_errors, "_PLAIN", {**status_errors._PLAIN, 410: UnavailableError})  # noqa: SLF001


def creation_without_guard(patch: pytest.MonkeyPatch) -> None:
    """What seems absent is applied whatever is there."""
    original = drift.next_request

    def without_fence(manifest: Mapping[str, Any], live: LiveObject | None) -> Any:
        if live is None:
            return drift.ApplyRequest(manifest, force=True)
        return original(manifest, live)

    patch.setattr(applier, "next_request", without_fence)


def names_of_others_are_taken(patch: pytest.MonkeyPatch) -> None:
    """Whoever controls an object, it is made ours."""

    def greedy(manifest: Mapping[str, Any], live: LiveObject | None) -> Any:
        if live is not None and drift.is_as_applied(manifest, live):
            return Unchanged()
        return drift.ApplyRequest(manifest, force=True)

    patch.setattr(applier, "next_request", greedy)


def failures_are_final(patch: pytest.MonkeyPatch) -> None:
    """What failed is not tried again until something happens."""
    original = WorkQueue.done

    def failed(self: WorkQueue[Any, Any], key: Any, *, expected: Any = frozenset(), **_: Any) -> None:
        original(self, key, expected=expected)

    patch.setattr(WorkQueue, "failed", failed)


def news_while_busy_is_lost(patch: pytest.MonkeyPatch) -> None:
    """What happens while a worker is busy with a key does not count."""
    original = WorkQueue.add

    def add(self: WorkQueue[Any, Any], key: Any, because: Any) -> None:
        if key not in self._busy:
            original(self, key, because)

    patch.setattr(WorkQueue, "add", add)


def status_without_version(patch: pytest.MonkeyPatch) -> None:
    """A status is written whatever generation of the object, or which object, it is about."""
    original = Kube.apply_status

    async def without_fence(self: Kube, resource: Any, key: Any, body: Mapping[str, Any]) -> Any:
        metadata = {name: value for name, value in body["metadata"].items() if name != "resourceVersion"}
        return await original(self, resource, key, {**body, "metadata": metadata})

    patch.setattr(Kube, "apply_status", without_fence)


def deletion_by_name(patch: pytest.MonkeyPatch) -> None:
    """What is pruned is whatever has the name by now."""
    original = HttpClient.send

    async def without_fence(self: HttpClient, plural: str, request: Request, *, fenced: bool) -> Any:
        if request.method == "DELETE":
            request.body = b"{}"
        return await original(self, plural, request, fenced=fenced)

    patch.setattr(HttpClient, "send", without_fence)


def nothing_is_pruned(patch: pytest.MonkeyPatch) -> None:
    """What is not wanted any more stays."""

    async def keep(_self: Executor, _child: Child) -> Any:
        return Unchanged()

    patch.setattr(Executor, "_delete", keep)


def prunes_what_others_control(patch: pytest.MonkeyPatch) -> None:
    """All that bears a name of ours counts as ours."""
    original = Informers.children

    def children(self: Informers, reference: Any) -> tuple[Child, ...]:
        named = [key for watched in self._metadata.values() for store in watched._stores.values() for key in store]  # noqa: SLF001
        extra = [key for key in named if key.namespace == reference.namespace and key.name.endswith("-auth")]
        found = {child.key: child for child in original(self, reference)}
        return (*found.values(), *(Child(key, live) for key in extra if key not in found and (live := self.live(key))))

    patch.setattr(Informers, "children", children)


def gate_is_open(patch: pytest.MonkeyPatch) -> None:
    """Who does not lead any more goes on writing."""
    patch.setattr(Fence, "check", lambda _self: None)


def silence_is_trusted(patch: pytest.MonkeyPatch) -> None:
    """A watch that tells nothing is believed for ever."""
    original = HttpClient.lines

    def patient(self: HttpClient, request: Request, **_: Any) -> Any:
        request.read_timeout = 1e7
        return original(self, request, silence=1e7)

    patch.setattr(HttpClient, "lines", patient)


def every_change_is_our_own(patch: pytest.MonkeyPatch) -> None:
    """After a reconciliation nothing that happened meanwhile is looked at."""
    original = WorkQueue.done

    def done(self: WorkQueue[Any, Any], key: Any, *, expected: Iterable[Any] = (), **more: Any) -> None:
        news = self._busy[key].changes
        original(self, key, expected={*expected, *news}, **more)

    patch.setattr(WorkQueue, "done", done)


def status_is_always_written(patch: pytest.MonkeyPatch) -> None:
    """A status is written though it says nothing new."""
    patch.setattr("natsop_runtime.reconciler.is_reported", lambda *_: False)


def bad_tokens_leave_nothing(patch: pytest.MonkeyPatch) -> None:
    """What was good last does not count."""
    patch.setattr(auth, "_last_good", lambda *_: None)


def optional_kinds_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    """What the StatefulSet says about them is not looked at."""
    patch.setattr(integrations, "may_have", lambda *_: False)


def adoption_without_trace(patch: pytest.MonkeyPatch) -> None:
    """Whatever carries our labels counts as made by us."""
    patch.setattr(live, "_has_our_trace", lambda _: True)


def restored_objects_are_strangers(patch: pytest.MonkeyPatch) -> None:
    """Without managedFields nothing counts as made by us."""
    patch.setattr(
        live, "_has_our_trace", lambda metadata: any(map(live.is_our_apply, metadata.get("managedFields") or ()))
    )


def repairs_never_slow_down(patch: pytest.MonkeyPatch) -> None:
    """What somebody sets back is set again at once, for ever."""
    patch.setattr(applier, "pause_before", lambda *_: 0.0)


def fights_are_never_over(patch: pytest.MonkeyPatch) -> None:
    """Who has fought once is named for ever."""
    patch.setattr(applier, "over_in", lambda *_: 1e7)


def nothing_is_held_back(patch: pytest.MonkeyPatch) -> None:
    """The StatefulSet is applied though its ConfigMap could not be."""
    patch.setattr(Executor, "_held_back", lambda *_: None)


def servers_are_not_asked_again(patch: pytest.MonkeyPatch) -> None:
    """Who has not loaded its configuration yet is believed to stay so."""
    patch.setattr("natsop_core.conclude.cluster.server_poll_delay", lambda *_, **__: 1e7)


def servers_are_asked_for_ever(patch: pytest.MonkeyPatch) -> None:
    """Servers are asked every few seconds though they have loaded all that there is."""
    patch.setattr("natsop_core.conclude.cluster.server_poll_delay", lambda *_, **__: RELOAD_SECONDS)


MUTATIONS: Final[dict[str, Mutation]] = {
    mutation.__name__: mutation
    for mutation in (
        relist_forgets_deletions,
        references_known_too_late,
        references_never_known,
        too_old_is_tried_again,
        creation_without_guard,
        names_of_others_are_taken,
        failures_are_final,
        news_while_busy_is_lost,
        status_without_version,
        deletion_by_name,
        nothing_is_pruned,
        prunes_what_others_control,
        gate_is_open,
        silence_is_trusted,
        every_change_is_our_own,
        status_is_always_written,
        *COMMITMENT_MUTATIONS,
        bad_tokens_leave_nothing,
        optional_kinds_are_forgotten,
        *ACCOUNT_MUTATIONS,
        adoption_without_trace,
        restored_objects_are_strangers,
        repairs_never_slow_down,
        fights_are_never_over,
        nothing_is_held_back,
        servers_are_not_asked_again,
        servers_are_asked_for_ever,
    )
}
