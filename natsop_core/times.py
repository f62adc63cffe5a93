"""Reads and writes times in the format of Kubernetes objects."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """The time in a text in ISO 8601 format, in UTC if it has no zone; None for any other text."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def timestamp(at: datetime) -> str:
    """A time in UTC in the format of the API server, in whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
