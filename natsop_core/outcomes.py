"""Outcomes: what became of each step of a plan, as plain values that the shell hands back to the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from natsop_core.actions import StepKey

if TYPE_CHECKING:
    from natsop_core.live import Controller
    from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Repair:
    """Another manager had changed what was applied last: these fields, and so often in a row.

    over_in: seconds after which the row is over, unless there is another.
    """

    fields: tuple[str, ...]
    manager: str
    in_a_row: int
    over_in: float = 0.0


@dataclass(frozen=True, slots=True)
class Applied:
    """The step was carried out: the object was created, changed or deleted, the action done.

    adopted: the object was there, without a controller, from an earlier life of the custom resource.
    repair: the object was not any more what was applied last.
    """

    adopted: bool = False
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing was sent: the object is what was applied last, or is gone already.

    repair: the latest one, as long as another may follow it soon.
    """

    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Postponed:
    """Nothing was sent: the object needs a repair, but those before were undone. The next in so many seconds."""

    repair: Repair
    retry_after: float


@dataclass(frozen=True, slots=True)
class Taken:
    """The object's name is held by another: by that controller, or by somebody's uncontrolled object (None)."""

    controller: Controller | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The API server refuses the object for good, in its words; `field` is the path it names, or empty.

    Of a request: the servers refuse the credentials.
    """

    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A server has answered the request. It may have refused what was requested: the body says so."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The step did not get through (conflict, timeout, overload): to be tried again after so many seconds."""

    message: str
    retry_after: float


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Nothing was sent, because an object that has to be there first could not be applied; its outcome says why."""

    by: ObjectKey


Outcome: TypeAlias = Applied | Unchanged | Postponed | Taken | Rejected | Failed | HeldBack | Answered

Outcomes: TypeAlias = Mapping[StepKey, Outcome]
"""One outcome for each object of a plan's `apply` and `prune`, and for each of its `actions`."""
