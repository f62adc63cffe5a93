"""An open watch, as a stream of bytes: events as they happen, bookmarks, its end; and the ways in which it fails."""

from __future__ import annotations

import asyncio
import json
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Final

import httpx2

from tests.simulation.api_server.errors import Refusal
from tests.simulation.api_server.labels import matches, parse_labels
from tests.simulation.api_server.lists import ANY
from tests.simulation.api_server.server import Request, Target

if TYPE_CHECKING:
    from tests.simulation.api_server.objects import Stored
    from tests.simulation.api_server.server import ApiServer
    from tests.simulation.api_server.storage import Change

METADATA_KIND: Final = ("PartialObjectMetadata", "meta.k8s.io/v1")
BOOKMARK_SECONDS: Final = 60.0
BOOKMARK_BEFORE_END: Final = 2.0
CLOCK_TICK: Final = 1e-5


class WatchStream(httpx2.AsyncByteStream):
    """One watch from the version that the request names. `lag` is how long events are under way, in seconds."""

    def __init__(self, server: ApiServer, target: Target, request: Request, *, lag: float, silence: float) -> None:
        self._server = server
        self._target = target
        self._labels = parse_labels(request.query.get("labelSelector", ""))
        self._metadata_only = "PartialObjectMetadata" in request.accept
        self._lag = lag
        self._silence = silence
        self._waiting: deque[tuple[float, bytes | Exception | None]] = deque()
        self._news = asyncio.Event()
        self._is_mute = False
        self.closed: Callable[[WatchStream], object] = bool  # told when nobody listens any more
        now = asyncio.get_running_loop().time()
        self._ends_at = now + float(request.query.get("timeoutSeconds", "1800"))
        self._has_bookmarks = request.query.get("allowWatchBookmarks") == "true"
        self._bookmark_at = self._next_bookmark(now)
        self._told_up_to = 0
        self._begin(request.query.get("resourceVersion", ANY))

    @property
    def api_version(self) -> str:
        return self._target.kind.resource.api_version

    def _begin(self, version: str) -> None:
        """Tell what happened since the version, or without one what there is."""
        storage = self._server.storage
        storage.listen(self._hear)
        if version == ANY:
            for stored in storage.all(self._target.kind, self._target.namespace):
                if matches(stored, self._labels):
                    self._enqueue(self._event("ADDED", stored))
            return
        self._told_up_to = int(version)
        try:
            for change in storage.since(self._target.kind, int(version)):
                self._hear(change)
        except Refusal as refusal:
            self.fail(refusal)

    def fall_silent(self) -> None:
        """From now on nothing comes over the connection, and nobody closes it."""
        self._is_mute = True
        self._waiting.clear()

    def break_off(self, error: Exception | None = None) -> None:
        """The connection ends after what is under way: by an error, or properly."""
        self._enqueue(error)

    def fail(self, refusal: Refusal) -> None:
        """The API server ends the watch by an ERROR event."""
        self._enqueue(f'{{"type":"ERROR","object":{refusal.status}}}\n'.encode())
        self._enqueue(None)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while (line := await self._next()) is not None:
                yield line
        finally:
            self.close()

    async def aclose(self) -> None:
        self.close()

    def close(self) -> None:
        """Hear of nothing more."""
        self._server.storage.unlisten(self._hear)
        self.closed(self)

    async def _next(self) -> bytes | None:
        def clock() -> float:
            return asyncio.get_running_loop().time() + CLOCK_TICK  # or a timer might be too early for ever

        silent_from = clock()
        while True:
            if self._is_mute:
                await asyncio.sleep(silent_from + self._silence - clock())
                raise httpx2.ReadTimeout("a half-open connection")
            if self._waiting and self._waiting[0][0] <= clock():
                _, item = self._waiting.popleft()
                if isinstance(item, Exception):
                    raise item
                return item
            if clock() >= self._ends_at:
                return None
            if clock() >= self._bookmark_at:
                self._bookmark_at = self._next_bookmark(clock())
                return self._bookmark()
            await self._until(min(self._ends_at, self._bookmark_at, self._waiting[0][0] if self._waiting else 1e12))

    async def _until(self, moment: float) -> None:
        """Wait for the moment, or for news."""
        self._news.clear()
        handle = asyncio.get_running_loop().call_at(moment, self._news.set)
        try:
            await self._news.wait()
        finally:
            handle.cancel()

    def _hear(self, change: Change) -> None:
        if change.kind is not self._target.kind or self._is_mute or change.version <= self._told_up_to:
            return
        if self._target.namespace not in ("", change.now.metadata["namespace"]):
            return
        was = change.before is not None and matches(change.before, self._labels)
        is_now = not change.deleted and matches(change.now, self._labels)
        match was, is_now:
            case True, True:
                self._enqueue(self._event("MODIFIED", change.now))
            case False, True:
                self._enqueue(self._event("ADDED", change.now))
            case True, False:
                self._enqueue(self._event("DELETED", _last_selected(change)))

    def _event(self, kind: str, stored: Stored) -> bytes:
        shown = stored.metadata_json if self._metadata_only else stored.json
        return f'{{"type":"{kind}","object":{shown}}}\n'.encode()

    def _next_bookmark(self, now: float) -> float:
        """Every minute, and shortly before the end (cacher.go, nextBookmarkTime)."""
        last = self._ends_at - BOOKMARK_BEFORE_END
        return min(now + BOOKMARK_SECONDS, last if last > now else math.inf) if self._has_bookmarks else math.inf

    def _bookmark(self) -> bytes:
        resource = self._target.kind.resource
        metadata = {"resourceVersion": str(self._server.storage.version), "creationTimestamp": None}
        of = (resource.kind, resource.api_version) if not self._metadata_only else METADATA_KIND
        shown: Mapping[str, object] = {"kind": of[0], "apiVersion": of[1], "metadata": metadata}
        return json.dumps({"type": "BOOKMARK", "object": shown}).encode() + b"\n"

    def _enqueue(self, item: bytes | Exception | None) -> None:
        self._waiting.append((asyncio.get_running_loop().time() + self._lag, item))
        self._news.set()


def _last_selected(change: Change) -> Stored:
    """What leaves a selection is told of as it was in there, at the version of the change."""
    if change.deleted or change.before is None:
        return change.now
    return change.before.with_metadata(resourceVersion=str(change.version))
