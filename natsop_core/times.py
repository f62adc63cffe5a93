"""Times as they stand in objects."""

from __future__ import annotations

from datetime import UTC, datetime


def moment(text: str | None) -> datetime | None:
    """The time that a text stands for, in any of ISO 8601's forms, UTC where it names no zone; None for any other."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def timestamp(at: datetime) -> str:
    """A time in UTC as the API server writes it, in whole seconds."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
