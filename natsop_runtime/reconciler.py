"""One reconciliation, from a custom resource's key to its status. The core makes all decisions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from natsop_core.drift import is_reported
from natsop_core.inputs import Inputs
from natsop_core.log_lines import condition_changes, reference_text
from natsop_core.outcomes import Failed
from natsop_core.plan import Plan
from natsop_runtime.api_server.errors import ConflictError, NotFoundError
from natsop_runtime.cache.informers import Change
from natsop_runtime.fetch import depends_on, outdated_by
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.threads import run_in_thread

if TYPE_CHECKING:
    from natsop_core.inputs import Settings
    from natsop_core.reconcile import ReconciledKind
    from natsop_core.references import ObjectKey
    from natsop_core.report import Report
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.informers import Informers
    from natsop_runtime.events import Recorder
    from natsop_runtime.executor import Executor
    from natsop_runtime.fetch import Fetcher
    from natsop_runtime.reference_index import ReferenceIndex

Object = dict[str, Any]
D = TypeVar("D")

MAX_ROUNDS: Final = 5
"""How often the core is asked for a plan; each time but the last it may name what it still needs."""

RESYNC: Final = 600.0
"""Seconds after which every custom resource is reconciled again, in case an event was ever missed."""

log = logging.getLogger(__name__)


class Result(NamedTuple):
    """The result of a reconciliation.

    succeeded: no step failed; a failed reconciliation is retried with backoff.
    requeue_after: seconds after which to reconcile again without any change; None when the custom resource is gone.
    """

    succeeded: bool
    requeue_after: float | None


class Reconciler:
    """Reconciles custom resources of all kinds, one with each call."""

    def __init__(
        self,
        *,
        reconciled: Iterable[ReconciledKind],
        kube: Kube,
        informers: Informers,
        references: ReferenceIndex,
        fetcher: Fetcher,
        executor: Executor,
        recorder: Recorder,
        now: Callable[[], datetime],
        settings: Settings,
        entropy: Callable[[], bytes],
        foreign_writes: ForeignWrites | None = None,
    ) -> None:
        self._reconciled = {(each.resource.api_version, each.resource.kind): each for each in reconciled}
        self._kube = kube
        self._informers = informers
        self._references = references
        self._fetcher = fetcher
        self._executor = executor
        self._recorder = recorder
        self._now = now
        self._settings = settings
        self._entropy = entropy
        self._foreign_writes = foreign_writes or ForeignWrites()

    async def reconcile(self, key: ObjectKey, expectations: set[Change]) -> Result:
        """Make the cluster what the custom resource says.

        Adds to `expectations` its own changes, which are no reason to reconcile again.
        """
        raw = self._informers.in_full(key)
        if raw is None:
            self._references.forget(key)
            self._executor.forget(key)
            self._foreign_writes.forget(key)
            return Result(True, None)
        self._foreign_writes.status_read(key, raw)
        functions = self._reconciled[key.api_version, key.kind]
        custom_resource = functions.read(raw)
        plan, inputs = await self._plan(key, functions, custom_resource)
        self._references.replace(key, (*depends_on(inputs.found), *plan.targets))
        outcomes = await self._executor.execute(key, plan, expectations)
        raw = self._as_written(key, raw, expectations)
        report = await _decided(functions.conclude, custom_resource, inputs, plan, outcomes)
        if not await self._publish(key, raw, report, inputs.now, expectations):
            return Result(True, requeue_after=0.0)  # a conflict is no error
        succeeded = not any(isinstance(outcome, Failed) for outcome in outcomes.values())
        return Result(succeeded, RESYNC if report.requeue_after is None else min(RESYNC, report.requeue_after))

    def _as_written(self, key: ObjectKey, raw: Object, expectations: set[Change]) -> Object:
        """The custom resource after the plan's own writes to it, for which the decision still holds."""
        now = self._informers.in_full(key)
        return now if now and Change(key, now["metadata"]["resourceVersion"]) in expectations else raw

    async def _plan(self, key: ObjectKey, functions: ReconciledKind, custom_resource: Any) -> tuple[Plan, Inputs]:
        """The plan and its inputs: ask the core, fetch what it needs, and ask again, until there is a plan."""
        inputs = Inputs(now=self._now(), settings=self._settings, entropy=self._entropy())
        for _ in range(MAX_ROUNDS):
            plan = await _decided(functions.plan, custom_resource, inputs)
            if isinstance(plan, Plan):
                return plan, inputs
            self._references.add(key, depends_on(plan.references))
            references = (*plan.references, *outdated_by(plan.references, inputs.found))
            if log.isEnabledFor(logging.DEBUG):
                log.debug("reading %s", ", ".join(map(reference_text, references)))
            inputs = replace(inputs, found={**inputs.found, **await self._fetcher.fetch(references)})
        raise RuntimeError(f"there is no plan for {key} after {MAX_ROUNDS} rounds of fetching")

    async def _publish(
        self, key: ObjectKey, raw: Object, report: Report, now: datetime, expectations: set[Change]
    ) -> bool:
        """Write status and events. False when the custom resource has changed meanwhile: reconcile again."""
        await self._recorder.send(raw, (event for event in report.events if event.is_passing), now)
        if report.status is not None and not is_reported(report.status, raw):
            try:
                await self._write_status(key, raw, report.status, expectations)
            except NotFoundError:
                return True  # the custom resource is gone
            except ConflictError:
                await self._refresh(key)
                return False  # the other events follow with the status
        await self._recorder.send(raw, (event for event in report.events if not event.is_passing), now)
        return True

    async def _refresh(self, key: ObjectKey) -> None:
        """Store the custom resource as it is now: its watch may lag behind the next reconciliation."""
        try:
            found = await self._kube.get(self._reconciled[key.api_version, key.kind].resource, key)
        except NotFoundError:
            return
        self._informers.written(key, found)

    async def _write_status(self, key: ObjectKey, raw: Object, status: Object, expectations: set[Change]) -> None:
        # The version is the guard: for a status, the API server ignores the UID of an earlier object of that name.
        identity = {"name": key.name, "namespace": key.namespace, "resourceVersion": raw["metadata"]["resourceVersion"]}
        body = {"apiVersion": key.api_version, "kind": key.kind, "metadata": identity, "status": status}
        resource = self._reconciled[key.api_version, key.kind].resource
        with self._foreign_writes.writing_status(key):
            written = await self._kube.apply_status(resource, key, body)
        self._foreign_writes.status_written(key, written)
        expectations.add(self._informers.written(key, written))
        _log_changes(raw.get("status") or {}, status)


def _log_changes(before: Object, after: Object) -> None:
    log.debug("status written")
    for change in condition_changes(before, after):
        fields = {"condition": change.type, "oldStatus": change.old, "status": change.new, "reason": change.reason}
        log.info("%s", change, extra={"fields": fields})


async def _decided(decide: Callable[..., D], custom_resource: Any, inputs: Inputs, *more: Any) -> D:
    """Call the core, in a thread if that takes long, so that leader election and probes do not wait."""
    if inputs.is_heavy:
        return await run_in_thread(decide, custom_resource, inputs, *more)
    return decide(custom_resource, inputs, *more)
