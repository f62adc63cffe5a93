"""Logging: text for a person at a terminal, one JSON object per line for everything else."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

LEVELS = ("debug", "info", "warning", "error")


def set_up(level: str) -> None:
    """Log our own lines of at least this level to stderr, and of the libraries only what should worry somebody."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s")
    handler.setFormatter(text if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("natsop_runtime").setLevel(level.upper())


class JsonLines(logging.Formatter):
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
