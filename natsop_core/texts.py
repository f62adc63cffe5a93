"""Helpers to build messages for users."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def sentence(text: str) -> str:
    """The text with a full stop at its end."""
    return text if text.endswith(".") else f"{text}."


def some_of(names: Sequence[str], most: int = 5, *, separator: str = ", ") -> str:
    """The first names, and the number of the others."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more
