"""A row of the table of reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.reasons.names import ConditionType

Place: TypeAlias = "ConditionType | Literal['Event']"
"""Where a reason appears: in a condition of that type, or in a Kubernetes Event."""


@frozen
class Reason:
    """Why a condition has its status, or why an event was sent.

    remedy: what the user does about it; empty when there is nothing to do.
    needs_person: the problem does not resolve itself; it needs a person (condition Stalled).
    """

    places: tuple[Place, ...]
    meaning: str
    remedy: str = ""
    needs_person: bool = False
