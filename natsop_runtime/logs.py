"""Logging: text for a person at a terminal, one JSON object per line for everything else.

Of an error that nobody foresaw it is told what kind it is and where it arose, never what it says: that may quote what
somebody was busy with, a Secret for instance.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

LEVELS: Final = ("debug", "info", "warning", "error")

CALLS_TOLD: Final = 4
"""Of the calls that ended in a fault, so many are told in one line."""

log = logging.getLogger(__name__)


def set_up(level: str) -> None:
    """Log our own lines of at least this level to stderr, and of the libraries only what should worry somebody."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Text() if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("natsop_runtime").setLevel(level.upper())
    logging.getLogger("nats").setLevel(logging.CRITICAL)  # what becomes of a request is its outcome, which is logged
    logging.captureWarnings(True)


def log_lost_error(_loop: object, context: Mapping[str, Any]) -> None:
    """An event loop's handler for errors that reached nobody. Its own would quote them."""
    error = context.get("exception")
    about = context["message"].partition("\n")[0]
    log.error("%s: %s", about, fault(error) if error else "no error", exc_info=error)


def fault(error: BaseException) -> str:
    """What kind of error it is, where it arose, and who called that."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(fault(each) for each in error.exceptions)
    calls = reversed(traceback.extract_tb(error.__traceback__)[-CALLS_TOLD:])
    places = ", called by ".join(f"{Path(call.filename).name}:{call.lineno}" for call in calls)
    return f"{type(error).__name__} in {places or 'no known place'}"


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
    """A line for a person."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s")


class JsonLines(_Discreet):
    """One JSON object per record. `extra={"about": key}` lets people search for an object by its kind and name."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (about := getattr(record, "about", None)) is not None:
            line |= {"kind": about.kind, "namespace": about.namespace, "name": about.name}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)
