"""Report: what the user gets to see once a plan was carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event about the custom resource: something that a user would look for, in one sentence."""

    type: Literal["Normal", "Warning"]
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class Report:
    """The custom resource's whole status, the events to send, and when to look again though nothing changes.

    status: None when there is nobody to tell any more (the custom resource is being deleted).
    requeue_after: seconds; None when only a change can make a difference.
    """

    status: dict[str, Any] | None
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None
