"""Logs outages of the API server and refused requests: one line when they begin, and one when they end.

Every watch and every reconciliation notices an outage with each of its retries.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from natsop_core.references import ObjectKey
from natsop_core.texts import some_of
from natsop_runtime.api_server.errors import (
    ApiError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    UnavailableError,
)
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.clock import loop_time
from natsop_runtime.logs import about

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Source: TypeAlias = Selection | ObjectKey
"""A watch, or the reconciliation of a custom resource."""

TOLD_AFTER: Final = 2.0
"""Seconds until an outage is logged: by then its extent is known, and shorter ones do not matter."""

REFUSED_AFTER: Final = 10.0
"""Seconds for which something is refused until it is believed: an API server that starts refuses everything at first,
until it has read its roles."""

log = logging.getLogger(__name__)


class Outages:
    """Receives failures and successes, and logs each state once."""

    def __init__(self) -> None:
        self._outage = _Outage()
        self._refusals = _Refusals()

    @property
    def is_on(self) -> bool:
        """Whether the API server is unavailable, at least in part, so that single failures need no log line."""
        return self._outage.is_on

    def are_known(self, namespaces: Iterable[str]) -> None:
        """These namespaces refuse us, which was logged before."""
        self._refusals.are_known(namespaces)

    def fails(self, source: Source, error: ApiError) -> None:
        """It failed, for the first time or again."""
        if isinstance(source, Selection) and isinstance(error, GoneError):
            log.debug("listing %s again: %s", _name(source), error)
        elif source in self._outage or isinstance(error, UnavailableError):
            self._outage.add(source, error)
            self._end_if_over()
        else:
            self._refusals.add(source, error)

    def works(self, source: Source) -> None:
        """It works, for the first time or again."""
        self._refusals.discard(source)
        self._outage.discard(source)
        self._end_if_over()

    def forget(self, watches: Iterable[Selection]) -> None:
        """They were stopped."""
        for watch in watches:
            self._refusals.forget(watch)
            self._outage.forget(watch)
        self._end_if_over()

    def _end_if_over(self) -> None:
        for source, error in self._outage.end_if_over().items():
            self._refusals.add(source, error)


class _Outage:
    """What fails since the API server is away or in trouble."""

    def __init__(self) -> None:
        self._watches: set[Selection] = set()  # all of which we have heard
        self._failing: dict[Source, ApiError] = {}
        self._concerns_watches = False
        self._refused_since: dict[Source, float] = {}  # of those that fail, the ones that are refused now
        self._refused: set[Source] = set()  # of these, the ones that stay so
        self._began = 0.0
        self._is_told = False
        self._is_told_of_all = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_on(self) -> bool:
        return bool(self._failing)

    def __contains__(self, source: Source) -> bool:
        return source in self._failing

    def add(self, source: Source, error: ApiError) -> None:
        if not self._failing:
            self._began = loop_time()
            self._timer = asyncio.get_running_loop().call_later(TOLD_AFTER, self._tell)
        self._failing[source] = error
        if isinstance(error, UnavailableError):
            self._forget_refusal(source)
        elif loop_time() - self._refused_since.setdefault(source, loop_time()) >= REFUSED_AFTER:
            self._refused.add(source)
        self._concerns_watches |= isinstance(source, Selection)
        self._note(source)
        if self._is_told and not self._is_told_of_all and self._concerns_all:
            self._tell()

    def discard(self, source: Source) -> None:
        self._failing.pop(source, None)
        self._forget_refusal(source)
        self._note(source)

    def forget(self, watch: Selection) -> None:
        self.discard(watch)
        self._watches.discard(watch)

    def end_if_over(self) -> Mapping[Source, ApiError]:
        """What stays refused, when nothing else fails any more.

        A reconciliation may be retried much later than the watches, so it is only waited for if none of them fails.
        """
        waited_for = self._failing.keys() - self._refused
        if any(isinstance(source, Selection) or not self._concerns_watches for source in waited_for):
            return {}
        left = {source: self._failing[source] for source in self._refused}
        self._failing, self._refused_since, self._refused, self._concerns_watches = {}, {}, set(), False
        if self._timer is not None:
            self._timer.cancel()
        if self._is_told:
            self._is_told = self._is_told_of_all = False
            with about(None):
                log.info("API server available again, after %.0f s", loop_time() - self._began)
        return left

    def _forget_refusal(self, source: Source) -> None:
        self._refused_since.pop(source, None)
        self._refused.discard(source)

    @property
    def _concerns_all(self) -> bool:
        return bool(self._watches) and self._watches <= self._failing.keys()

    def _note(self, source: Source) -> None:
        if isinstance(source, Selection):
            self._watches.add(source)

    def _tell(self) -> None:
        self._is_told, self._is_told_of_all = True, self._concerns_all
        error = next(iter(self._failing.values()))
        with about(None):
            log.warning("API server unavailable for %s: %s", self._extent(), error)

    def _extent(self) -> str:
        if not self._concerns_all:
            return some_of(sorted({_name(source) for source in self._failing}))
        namespaces = sorted({watch.namespace for watch in self._watches if watch.namespace})
        place = f" in the namespaces {some_of(namespaces)}" if namespaces else ""
        return f"all {len(self._watches)} watches{place}"


class _Refusals:
    """Refused requests, and kinds that are not served. A refused namespace is logged once for all kinds."""

    def __init__(self) -> None:
        self._refused: defaultdict[str, set[Source]] = defaultdict(set)  # by name: a kind may have two watches
        self._refusing: dict[str, set[Selection]] = {}  # by namespace

    def are_known(self, namespaces: Iterable[str]) -> None:
        for namespace in namespaces:
            self._refusing.setdefault(namespace, set())

    def add(self, source: Source, error: ApiError) -> None:
        if isinstance(source, Selection) and source.namespace and isinstance(error, ForbiddenError):
            if source.namespace not in self._refusing:
                log.warning("namespace %s is not served, or only in part: %s", source.namespace, error)
            self._refusing.setdefault(source.namespace, set()).add(source)
            return
        if not self._refused[name := _name(source)]:
            log.warning(_refusal(source, error), name, error)
        self._refused[name].add(source)

    def discard(self, source: Source) -> None:
        name = _name(source)
        if source in self._refused.get(name, ()):
            self._refused[name].discard(source)
            if not self._refused[name]:
                del self._refused[name]
                log.info("watching %s again" if isinstance(source, Selection) else "reconciling %s again", name)
        if isinstance(source, Selection) and source.namespace in self._refusing:
            self._refusing[source.namespace].discard(source)
            if not self._refusing[source.namespace]:
                del self._refusing[source.namespace]
                log.info("namespace %s is served again", source.namespace)

    def forget(self, watch: Selection) -> None:
        self._refused.pop(_name(watch), None)
        self._refusing.get(watch.namespace, set()).discard(watch)


def _refusal(source: Source, error: ApiError) -> str:
    if isinstance(source, ObjectKey):
        return "cannot reconcile %s: %s"
    return "%s are not served: %s" if isinstance(error, NotFoundError) else "cannot watch %s: %s"


def _name(source: Source) -> str:
    if isinstance(source, ObjectKey):
        return str(source)
    return source.resource.plural + (f" in namespace {source.namespace}" if source.namespace else "")
