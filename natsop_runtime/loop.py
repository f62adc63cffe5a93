"""The loop: stores that wake custom resources, a queue, and workers that reconcile them."""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from natsop_runtime.controller import Controller
from natsop_runtime.errors import ApiError, UnavailableError
from natsop_runtime.events import Recorder
from natsop_runtime.executor import Executor
from natsop_runtime.fetch import Fetcher
from natsop_runtime.queue import WorkQueue
from natsop_runtime.reference_index import ReferenceIndex
from natsop_runtime.stores import Change, Stores

if TYPE_CHECKING:
    from natsop_core.inputs import Settings
    from natsop_core.reconcile import Reconciled
    from natsop_core.references import ObjectKey
    from natsop_runtime.kube import Kube, Selection
    from natsop_runtime.nats import Pods

TO_FINISH: Final = 15.0
"""Seconds that workers get to finish what they have in hand when the loop is to end."""

log = logging.getLogger(__name__)


class Loop:
    """Reconciles until told to stop."""

    def __init__(
        self,
        *,
        reconciled: Iterable[Reconciled],
        kube: Kube,
        pods: Pods,
        workers: int,
        now: Callable[[], datetime],
        settings: Settings,
    ) -> None:
        reconciled = tuple(reconciled)
        self._workers = workers
        self._is_working = False
        self._queue: WorkQueue[ObjectKey, Change] = WorkQueue()
        self._references = ReferenceIndex()
        self._stores = Stores(kube, (each.resource for each in reconciled), self._wake)
        self._controller = Controller(
            reconciled=reconciled,
            kube=kube,
            stores=self._stores,
            references=self._references,
            fetcher=Fetcher(kube, pods, self._stores),
            executor=Executor(kube, self._stores),
            recorder=Recorder(kube),
            now=now,
            settings=settings,
        )

    @property
    def selections(self) -> Iterable[Selection]:
        """What the loop lists and watches: all that it needs permission to read from the start."""
        return self._stores.selections

    async def run(self, stop: asyncio.Event) -> None:
        """Watch and reconcile until `stop` is set; then finish what is in hand."""
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(self._stores.run())
            working = group.create_task(self._work_when_synced())
            await stop.wait()
            log.info("stopping")
            self._queue.close()
            if self._is_working:
                await asyncio.wait([working], timeout=TO_FINISH)
            working.cancel()
            watching.cancel()

    async def _work_when_synced(self) -> None:
        await self._stores.synced()
        log.info("synced")
        self._is_working = True
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while (key := await self._queue.get()) is not None:
            own_writes: set[Change] = set()
            try:
                again_after = await self._controller.reconcile(key, own_writes)
            except ApiError as error:
                log.warning("%s: %s", key, error)
                asked = error.retry_after if isinstance(error, UnavailableError) else 0.0
                self._queue.failed(key, expected=own_writes, at_least=asked)
            except Exception as error:  # one custom resource's trouble must not become that of the others
                _log_fault(key, error)
                self._queue.failed(key, expected=own_writes)
            else:
                self._queue.done(key, expected=own_writes, again_after=again_after)

    def _wake(self, change: Change, concerned: Iterable[ObjectKey]) -> None:
        for custom_resource in {*concerned, *self._references.dependents(change.key)}:
            self._queue.add(custom_resource, because=change)


def _log_fault(key: ObjectKey, error: Exception) -> None:
    """Say where it happened. What it says may quote what it was busy with, a Secret say: that only when debugging."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    fault = f"{type(error).__name__} in {Path(place.filename).name}:{place.lineno}"
    log.error("%s: %s", key, fault, exc_info=log.isEnabledFor(logging.DEBUG))
