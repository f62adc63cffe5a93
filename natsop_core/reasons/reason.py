"""What one row of the table of reasons says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from natsop_core.reasons.words import ConditionType

Place: TypeAlias = "ConditionType | Literal['Event']"
"""Where a user meets a reason: in a condition of that type, or as a Kubernetes Event."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a condition has its status, or why an event was sent.

    remedy: what a person does about it; empty where nothing has to be done.
    needs_person: the operator cannot go on by itself, however long one waits (condition Stalled).
    """

    places: tuple[Place, ...]
    meaning: str
    remedy: str = ""
    needs_person: bool = False
