"""Reports writes of other processes under our field manager; `natsop_core.foreign_writes` says what counts as one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from natsop_core.foreign_writes import StatusMark, is_foreign_apply, is_foreign_status, status_mark
from natsop_core.names import FIELD_MANAGER
from natsop_runtime.api_server.errors import ApiError, UnavailableError
from natsop_runtime.clock import loop_time
from natsop_runtime.logs import about_object

if TYPE_CHECKING:
    from natsop_core.live import LiveObject
    from natsop_core.references import ObjectKey

Object = dict[str, Any]

SETTLED_AFTER: Final = 5.0
"""Seconds of work before anything is reported: until then, watches may still deliver a predecessor's last writes."""

WARN_EVERY: Final = 600.0
"""Seconds between two warnings; the metric counts every write."""

log = logging.getLogger(__name__)


class ForeignWrites:
    """Compares what the API server reports with what this process wrote. Reports nothing before `begin`.

    count: told the kind of each object that another process wrote.
    """

    def __init__(self, count: Callable[[str], None] = lambda _kind: None) -> None:
        self._count = count
        self._sent: dict[ObjectKey, set[str]] = {}  # what our applies say and no watch has delivered yet; no empty set
        self._status_marks: dict[ObjectKey, StatusMark] = {}
        self._report_from: float | None = None
        self._warn_from = 0.0

    def begin(self) -> None:
        """From now on this process writes, and no other one should."""
        self._report_from = loop_time() + SETTLED_AFTER

    @contextmanager
    def applying(self, key: ObjectKey, applied: str) -> Iterator[None]:
        """While an apply with this annotation is sent. Its effect is ours, however late, unless it is refused."""
        sent = self._sent.setdefault(key, set())
        is_new = applied not in sent
        sent.add(applied)
        try:
            yield
        except UnavailableError:
            raise  # it may have been carried out
        except ApiError:
            if is_new:
                self._arrived(key, applied)
            raise

    def object_changed(self, key: ObjectKey, before: LiveObject | None, now: LiveObject | None) -> None:
        """An object of a kind that we create has changed, or is gone."""
        if now is None:
            self._sent.pop(key, None)
            return
        if is_foreign_apply(before, now, self._sent.get(key, ())):
            self._report(key)
        self._arrived(key, now.applied)

    def status_read(self, key: ObjectKey, custom_resource: Object) -> None:
        """A reconciliation begins with this version. No status of ours is being written."""
        mark = status_mark(custom_resource)
        if is_foreign_status(self._status_marks.get(key), mark):
            self._report(key)
        self._status_marks[key] = mark

    @contextmanager
    def writing_status(self, key: ObjectKey) -> Iterator[None]:
        """While a status is sent. What it came to is unknown until `status_written`, unless it is refused."""
        known = self._status_marks.pop(key, None)
        try:
            yield
        except UnavailableError:
            raise  # it may have been carried out
        except ApiError:
            if known is not None:
                self._status_marks[key] = known
            raise

    def status_written(self, key: ObjectKey, custom_resource: Object) -> None:
        """The answer to a status that we wrote."""
        self._status_marks[key] = status_mark(custom_resource)

    def forget(self, key: ObjectKey) -> None:
        """A custom resource is gone."""
        self._status_marks.pop(key, None)

    def _arrived(self, key: ObjectKey, applied: str) -> None:
        if (sent := self._sent.get(key)) is not None:
            sent.discard(applied)
            if not sent:
                del self._sent[key]

    def _report(self, key: ObjectKey) -> None:
        now = loop_time()
        if self._report_from is None or now < self._report_from:
            return
        self._count(key.kind)
        if now >= self._warn_from:
            self._warn_from = now + WARN_EVERY
            log.warning(
                "%s was written by another process as field manager %s. Two operators work on the same custom"
                " resources: stop one of them, or run both with --leader-elect and the same Lease.",
                key,
                FIELD_MANAGER,
                extra=about_object(key),
            )
