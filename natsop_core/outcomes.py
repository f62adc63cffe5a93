"""Outcomes: the result of each step of a plan, as plain values that the runtime returns to the core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from natsop_core.actions import StepKey
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.live import Controller
    from natsop_core.references import ObjectKey


@frozen
class Repair:
    """Another manager changed these fields since the last apply. in_a_row: number of repairs in a row.

    over_in: seconds after which the row ends, unless there is another repair.
    """

    fields: tuple[str, ...]
    manager: str
    in_a_row: int
    over_in: float = 0.0


@frozen
class Applied:
    """The step was carried out: the object was created, changed or deleted, or the action was done.

    created: the object did not exist.
    adopted: the object existed without a controller, created for an earlier custom resource of the same name.
    repair: set if the object had been changed by others since the last apply.
    """

    created: bool = False
    adopted: bool = False
    repair: Repair | None = None


@frozen
class Unchanged:
    """Nothing was sent: the object is as applied, or already deleted.

    repair: the latest repair, until its row ends.
    """

    repair: Repair | None = None


@frozen
class Postponed:
    """Nothing was sent: the object needs a repair, but earlier repairs were undone. retry_after: in seconds."""

    repair: Repair
    retry_after: float


@frozen
class Taken:
    """The object's name is taken by another controller's object, or by an object without a controller (None)."""

    controller: Controller | None


@frozen
class Rejected:
    """The API server rejects the object. message: that of the API server; field: the path that it names, or empty.

    For a request: the servers reject the credentials.
    """

    message: str
    field: str = ""


@frozen
class Answered:
    """A server has answered the request. The answer in the body may be an error."""

    body: bytes = field(repr=False)


@frozen
class Failed:
    """The step failed for a temporary reason (conflict, timeout, overload). retry_after: in seconds."""

    message: str
    retry_after: float


@frozen
class HeldBack:
    """Nothing was sent, because an object that must come first could not be applied; its outcome says why."""

    by: ObjectKey


Outcome: TypeAlias = Applied | Unchanged | Postponed | Taken | Rejected | Failed | HeldBack | Answered

Outcomes: TypeAlias = Mapping[StepKey, Outcome]
"""One outcome for each object of a plan's `apply` and `prune`, and for each of its `actions`."""
