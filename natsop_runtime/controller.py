"""The controller: informers that enqueue custom resources, a work queue, and workers that reconcile them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from natsop_runtime.api_server.errors import ApiError, UnavailableError
from natsop_runtime.cache.informers import Change, Informers
from natsop_runtime.clock import loop_time
from natsop_runtime.event_loop import EventLoopMonitor
from natsop_runtime.events import Recorder
from natsop_runtime.executor import Executor, Send
from natsop_runtime.fetch import Fetcher
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.logs import about, fault, traceback_of
from natsop_runtime.metrics.controllers import ReconcileResult
from natsop_runtime.queue import WorkQueue
from natsop_runtime.reconciler import RESYNC, Reconciler, Result
from natsop_runtime.reference_index import ReferenceIndex

if TYPE_CHECKING:
    from natsop_core.inputs import Settings
    from natsop_core.reconcile import ReconciledKind
    from natsop_core.references import LabelledRef, ObjectKey
    from natsop_runtime.api_server.kube import Kube, Selection
    from natsop_runtime.metrics import Metrics
    from natsop_runtime.nats import Pods

RECONCILE_TIMEOUT: Final = 180.0
"""Seconds for one reconciliation; each request has its own, shorter timeout."""

STUCK_AFTER: Final = 2 * RECONCILE_TIMEOUT
"""Seconds after which a reconciliation that has not ended means that the process is stuck."""

log = logging.getLogger(__name__)


class Controller:
    """Watches from when `watch` is called, and reconciles from when `work` is called, until it is closed."""

    def __init__(
        self,
        *,
        reconciled: Iterable[ReconciledKind],
        kube: Kube,
        pods: Pods,
        send: Send,
        namespaces: Sequence[str],
        workers: int,
        now: Callable[[], datetime],
        settings: Settings,
        entropy: Callable[[], bytes],
        metrics: Metrics,
        monitor: EventLoopMonitor | None = None,
    ) -> None:
        reconciled = tuple(reconciled)
        self._workers = workers
        self.is_working = False
        self._metrics = metrics.controllers
        self._monitor = monitor or EventLoopMonitor()
        self.queue: WorkQueue[ObjectKey, Change] = WorkQueue(
            workers=workers, group=lambda key: key.namespace, observer=metrics.controllers
        )
        self._references = ReferenceIndex()
        self._foreign_writes = ForeignWrites(metrics.foreign_write)
        self.informers = self._make_informers(kube, reconciled, namespaces, metrics)
        self._reconciler = Reconciler(
            reconciled=reconciled,
            kube=kube,
            informers=self.informers,
            references=self._references,
            fetcher=Fetcher(kube, pods, self.informers),
            executor=Executor(kube, self.informers, send, metrics.repaired, self._foreign_writes),
            recorder=Recorder(kube),
            now=now,
            settings=settings,
            entropy=entropy,
            foreign_writes=self._foreign_writes,
        )
        self._expose(metrics)

    def _make_informers(
        self, kube: Kube, reconciled: Iterable[ReconciledKind], namespaces: Sequence[str], metrics: Metrics
    ) -> Informers:
        return Informers(
            kube,
            (each.resource for each in reconciled),
            self.enqueue,
            namespaces=namespaces,
            is_wanted=lambda reference: any(self._references.dependents(reference)),
            custom_resource_changed=metrics.custom_resources.changed,
            object_changed=self._foreign_writes.object_changed,
            restarted=metrics.watches.restarted,
        )

    def _expose(self, metrics: Metrics) -> None:
        self._monitor.observe = metrics.event_loop_lagged
        self._monitor.in_progress = self.queue.in_progress
        metrics.controllers.workers(self._workers)
        metrics.controllers.read_in_progress(self.queue.in_progress)
        metrics.watches.read_silence(self.informers.silent_for)
        metrics.read_served_namespaces(self.informers.served)

    @property
    def selections(self) -> Iterable[Selection]:
        """Everything that the controller lists and watches from the start."""
        return self.informers.selections

    def unready(self) -> str:
        """Why the informers are not synced yet; empty when they are."""
        unsynced = ", ".join(self.informers.unsynced)
        return f"not listed yet: {unsynced}" if unsynced else ""

    def wedged(self) -> str:
        """Why the controller is stuck; empty when it is not."""
        longest = self.queue.longest_work
        if longest is None or longest[1] < STUCK_AFTER:
            return ""
        return f"{longest[0]} has been worked on for {longest[1]:.0f} s"

    async def watch(self) -> None:
        """Run the informers until cancelled."""
        await self.informers.run()

    async def synced(self) -> None:
        """Wait until the informers are synced."""
        await self.informers.synced()

    async def work(self) -> None:
        """Reconcile until closed, every custom resource once at first; return when the current ones are done."""
        self.is_working = True
        self._foreign_writes.begin()
        for key, version in self.informers.custom_resource_versions():
            self.enqueue(Change(key, version), (key,))
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._work(f"worker {number}"))

    def close(self) -> None:
        """Start no more reconciliations."""
        self.queue.close()

    def enqueue(self, change: Change, concerned: Iterable[ObjectKey], labels: Iterable[LabelledRef] = ()) -> None:
        """Enqueue the custom resources that a change concerns, and those that refer to the changed object."""
        if not self.is_working:
            return
        referring = (each for named in (change.key, *labels) for each in self._references.dependents(named))
        for custom_resource in sorted({*concerned, *referring}):
            if self.informers.is_listed(custom_resource.namespace):
                self.queue.add(custom_resource, because=change)

    def pod_recovered(self, pod: ObjectKey) -> None:
        """Reconcile the custom resources that ask a pod which answers again."""
        self.enqueue(Change(pod, ""), ())

    async def _work(self, name: str) -> None:
        task: asyncio.Task[None] = asyncio.current_task()  # type: ignore[assignment]
        task.set_name(name)
        while (key := await self.queue.get()) is not None:
            task.set_name(f"{name}: {key}")  # for whoever wants to know what the tasks are doing: see `stacks`
            with about(key):
                await self._work_on(key)
            task.set_name(name)

    async def _work_on(self, key: ObjectKey) -> None:
        begun = loop_time()
        causes = self.queue.causes(key)
        log.debug("reconciling %.3f s after this: %s", begun - causes.since, causes)
        expectations: set[Change] = set()
        result, at_least = await self._reconcile(key, expectations)
        if result.succeeded:
            again = self.queue.done(key, expected=expectations, requeue_after=result.requeue_after)
        else:
            again = self.queue.failed(key, expected=expectations, at_least=at_least)
        outcome, seconds = _reconcile_result(result), loop_time() - begun
        log.debug("reconciled in %.3f s: %s; next: %s", seconds, outcome, _next(again))
        self._metrics.reconciled(key, outcome, seconds)

    async def _reconcile(self, key: ObjectKey, expectations: set[Change]) -> tuple[Result, float]:
        """One reconciliation, and the minimal delay of its retry. Its failure does not affect others."""
        try:
            async with asyncio.timeout(RECONCILE_TIMEOUT):
                result = await self._monitor.timed(self._reconciler.reconcile(key, expectations))
        except ApiError as error:
            log.debug("failed: %s", error)
            self.informers.outages.fails(key, error)
            return FAILED, error.retry_after if isinstance(error, UnavailableError) else 0.0
        except TimeoutError:
            log.warning("not done within %g s", RECONCILE_TIMEOUT)
            return FAILED, 0.0
        except LeadershipLostError:
            raise
        except Exception as error:
            self._metrics.panicked(key)
            log.error("failed because of an error in the operator: %s", fault(error))
            log.debug("%s", traceback_of(error))
            return FAILED, 0.0
        self.informers.outages.works(key)
        return result, result.requeue_after or 0.0


FAILED: Final = Result(succeeded=False, requeue_after=None)


def _next(seconds: float | None) -> str:
    if seconds is None:
        return "never, it is gone"
    return f"in {seconds:.3g} s, or when something changes" if seconds else "at once: something has changed meanwhile"


def _reconcile_result(result: Result) -> ReconcileResult:
    """A result in controller-runtime's words; the resync that every success is followed by is no requeue."""
    if not result.succeeded:
        return ReconcileResult.ERROR
    if result.requeue_after is None or result.requeue_after >= RESYNC:
        return ReconcileResult.SUCCESS
    return ReconcileResult.REQUEUE_AFTER if result.requeue_after > 0 else ReconcileResult.REQUEUE
