"""Logging: lines of text for a person, or one JSON object per line for programs.

What is logged while a custom resource is reconciled names that custom resource, whoever logs it. Of an unforeseen error
the log tells the type and the place, never the message: that may quote what was being processed, a Secret for instance.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from types import FrameType

    from natsop_core.references import ObjectKey

LEVELS: Final = ("debug", "info", "warning", "error")
FORMATS: Final = ("text", "json")

Format: TypeAlias = Literal["text", "json"]

CALLS_TOLD: Final = 4
"""How many of the calls that led to an error are named in one line."""

log = logging.getLogger(__name__)


@frozen
class _Reconciliation:
    """What the lines that are logged now are about: a custom resource, and which reconciliation of it."""

    key: ObjectKey
    id: str


_current: ContextVar[_Reconciliation | None] = ContextVar("reconciliation", default=None)


@contextmanager
def about(custom_resource: ObjectKey | None) -> Iterator[None]:
    """All lines that are logged in here are about one reconciliation of the custom resource, or (None) about none."""
    token = _current.set(_Reconciliation(custom_resource, str(uuid.uuid4())) if custom_resource else None)
    try:
        yield
    finally:
        _current.reset(token)


def about_object(key: ObjectKey, **more: str) -> dict[str, Any]:
    """The `extra` of a line about this object, whosever it is, with more fields."""
    return {"fields": {**more, "object": {"kind": key.kind, "namespace": key.namespace, "name": key.name}}}


def set_up(level: str, format_: Format | None = None) -> None:
    """Log to stderr: our own lines of at least this level, and warnings of the libraries.

    format_: None for text on a terminal, else JSON.
    """
    is_text = format_ == "text" if format_ else sys.stderr.isatty()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if is_text else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("natsop_runtime").setLevel(level.upper())
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # what becomes of a request is its outcome, which is logged
    logging.captureWarnings(True)


def log_lost_error(_loop: object, context: Mapping[str, Any]) -> None:
    """An event loop's handler for errors that nobody received. The default one would quote them."""
    error = context.get("exception")
    message = context["message"].partition("\n")[0]
    log.error("%s: %s", message, fault(error) if error else "no error", exc_info=error)


def fault(error: BaseException) -> str:
    """The type of the error, where it arose, and who called that."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(fault(each) for each in error.exceptions)
    calls = reversed([*traceback.walk_tb(error.__traceback__)][-CALLS_TOLD:])
    places = ", called by ".join(place(frame, line) for frame, line in calls)
    return f"{type(error).__name__} in {places or 'no known place'}"


def place(frame: FrameType, line: int) -> str:
    """A line of a module, by the module's full name: many files are called `__init__.py`."""
    return f"{frame.f_globals.get('__name__') or frame.f_code.co_filename}:{line}"


def traceback_of(error: BaseException) -> str:
    """How it came about, with what caused it first, as lines."""
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    causes = (error.__cause__,) if error.__cause__ else ()
    earlier = "".join(f"{traceback_of(each)}, and then\n" for each in (*parts, *causes))
    return f"{earlier}{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}"


class _Discreet(logging.Formatter):
    """Leaves out what an error says."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging calls it so)
        _, error, _ = ei
        return traceback_of(error) if error else ""


class Text(_Discreet):
    """A line for a person: time, level, the custom resource that it is about, message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002
        """In UTC, as in JSON lines and in Kubernetes' own timestamps."""
        return _time(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line, with the custom resource in front of the message."""
        if (current := _current.get()) is not None:
            record.message = f"{current.key}: {record.message}"
        return super().formatMessage(record)


class JsonLines(_Discreet):
    """One JSON object per record, with controller-runtime's names for the custom resource that it is about.

    `extra={"fields": {...}}` adds fields.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := _current.get()) is not None:
            key = current.key
            line |= {"controllerKind": key.kind, "namespace": key.namespace, "name": key.name}
            line["reconcileID"] = current.id
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
