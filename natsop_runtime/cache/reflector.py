"""A reflector keeps a store equal to the objects of the API server: it lists, then watches, and never gives up.

A list that follows a gap reports what was deleted meanwhile; a watch carries on from the last version it told of; one
that falls silent, or that the server ends at once, is taken up again with backoff.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from natsop_runtime.api_server.errors import ApiError, ForbiddenError, NotFoundError, UnavailableError
from natsop_runtime.backoff import Backoff
from natsop_runtime.clock import loop_time

if TYPE_CHECKING:
    from natsop_runtime.api_server.kube import Kube, Selection, WatchEvent
    from natsop_runtime.cache.store import Kept, Store

T = TypeVar("T")

BACKOFF: Final = Backoff(first=0.8, most=30.0)

RESET_BACKOFF_AFTER: Final = 10.0
"""Seconds a watch must have worked to reset the backoff. If such a watch ends normally, the next one starts at once."""

log = logging.getLogger(__name__)


class Observer(Protocol):
    """Observes the state of watches."""

    def listed(self, selection: Selection) -> None:
        """All objects have been listed for the first time."""

    def works(self, selection: Selection) -> None:
        """The watch works for the first time, or again after it failed."""

    def fails(self, selection: Selection, error: ApiError) -> None:
        """The watch failed, for the first time or again."""

    def restarts(self, selection: Selection) -> None:
        """The watch is restarted after it failed or ended early."""


class Reflector(Generic[T]):
    """Keeps `store` equal to the selected objects.

    synced: set after the first list. settled: set then, or when we may not list.
    """

    def __init__(self, kube: Kube, selection: Selection, store: Store[T], observer: Observer) -> None:
        self._kube = kube
        self._observer = observer
        self.selection = selection
        self._store = store
        self._version: str | None = None  # None: list before watching
        self._failures = 0
        self._watched_for = 0.0  # seconds from the start of the latest watch to its last event or normal end
        self._fails = True  # as far as we know
        self._heard_at: float | None = None  # not started yet
        self.synced = asyncio.Event()
        self.settled = asyncio.Event()

    @property
    def is_current(self) -> bool:
        """Whether the store is complete and a watch continues from it: an object that it lacks does not exist."""
        return self._version is not None

    @property
    def silent_for(self) -> float:
        """Seconds since the latest list or event of the watch, or since the start where there was none."""
        return 0.0 if self._heard_at is None else loop_time() - self._heard_at

    async def run(self) -> None:
        """List and watch until cancelled."""
        self._heard_at = loop_time()
        while True:
            problem = await self._list_and_watch()
            watched_for, self._watched_for = self._watched_for, 0.0
            if watched_for >= RESET_BACKOFF_AFTER:
                self._failures = 0
                if problem is None:
                    continue
            self._failures += 1
            self._observer.restarts(self.selection)
            await asyncio.sleep(self._pause(problem))

    async def _list_and_watch(self) -> ApiError | None:
        """List if necessary, then watch. Returns the error that ended it, or None for a normal end."""
        try:
            if self._version is None:
                self._version = await self._list()
                self._has_listed()
            await self._watch(self._version)
        except ApiError as error:
            self._fails = True
            self._observer.fails(self.selection, error)
            self._take_in_failure(error)
            return error
        return None

    def _has_listed(self) -> None:
        self._works()
        if not self.synced.is_set():
            self.synced.set()
            self.settled.set()
            self._observer.listed(self.selection)

    def _works(self) -> None:
        if self._fails:
            self._fails = False
            self._observer.works(self.selection)

    def _take_in_failure(self, error: ApiError) -> None:
        """Whether the watch can carry on from where it was, and whether the first list is worth waiting for."""
        if isinstance(error, NotFoundError):  # the kind is not served any more, so there are no objects of it
            self._store.clear()
        if not isinstance(error, UnavailableError):  # the version is too old or from another life of the API server
            self._version = None
        if isinstance(error, ForbiddenError):
            self.settled.set()

    async def _list(self) -> str:
        listed: Kept[T] = {}
        version = ""
        async with aclosing(self._kube.list_pages(self.selection)) as pages:
            async for page in pages:
                version = page.version
                for namespace, named in self._store.kept(page.items).items():
                    listed.setdefault(namespace, {}).update(named)
        self._store.replace(listed, version)
        self._heard_at = loop_time()
        return version

    async def _watch(self, version: str) -> None:
        began = loop_time()
        async with aclosing(self._kube.watch(self.selection, version)) as events:
            async for event in events:
                self._heard_at = now = loop_time()
                self._watched_for = now - began
                self._works()
                self._take_in(event)
        self._watched_for = loop_time() - began

    def _take_in(self, event: WatchEvent) -> None:
        try:
            version: str = event.object["metadata"]["resourceVersion"]
            if event.type == "BOOKMARK":
                self._store.heard(version)
            elif event.type == "DELETED":
                self._store.gone(event.object)
            else:
                self._store.seen(event.object)
        except (LookupError, TypeError, AttributeError, ValueError):
            log.warning("skipped an event of %s that cannot be read", self.selection.resource.plural, exc_info=True)
        else:
            self._version = version

    def _pause(self, problem: ApiError | None) -> float:
        asked = problem.retry_after if isinstance(problem, UnavailableError) else 0.0
        return max(asked, BACKOFF.delay(self._failures))
