"""A condition of the status, and the functions that make one from a chain of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from natsop_core.api.status import condition_of
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.times import moment, timestamp

if TYPE_CHECKING:
    from natsop_core.reasons import ConditionType

Status: TypeAlias = Literal["True", "False", "Unknown"]

LONGEST_MESSAGE: Final = 4_000
"""Characters. The API server rejects a status that has a message of more than 32768 (metav1.Condition)."""

S = TypeVar("S")
Check: TypeAlias = Callable[[S], Finding | None]
"""One check of the observed state: None when it passes, else the finding."""


@frozen
class Condition:
    """One condition, without generation and time."""

    type: ConditionType
    status: Status
    finding: Finding


def first_finding(chain: Iterable[Check[S]], seen: S) -> Finding | None:
    """The finding of the first check that fails."""
    return next((finding for check in chain if (finding := check(seen))), None)


def as_status(
    conditions: Sequence[Condition], previous: Mapping[str, Any], *, generation: int, now: datetime
) -> list[dict[str, Any]]:
    """The conditions in the form of the status. A transition time changes only when the condition's status changes."""
    earlier = {condition["type"]: condition for condition in previous.get("conditions", ())}
    return [_as_status(condition, earlier.get(condition.type), generation, now) for condition in conditions]


def lasted(type_: ConditionType, status: Status, previous: Mapping[str, Any], now: datetime) -> float:
    """For how many seconds the condition has had that status; 0 when it has another one."""
    condition = condition_of(previous, type_)
    if condition is None or condition["status"] != status:
        return 0.0
    return (now - (moment(condition.get("lastTransitionTime")) or now)).total_seconds()


def _as_status(
    condition: Condition, earlier: Mapping[str, Any] | None, generation: int, now: datetime
) -> dict[str, Any]:
    unchanged = earlier is not None and earlier["status"] == condition.status
    return {
        "type": condition.type,
        "status": condition.status,
        "reason": condition.finding.reason,
        "message": truncated(condition.finding.message),
        "observedGeneration": generation,
        "lastTransitionTime": earlier["lastTransitionTime"] if earlier and unchanged else timestamp(now),
    }


def truncated(message: str) -> str:
    """The message, cut to a length that the API server accepts.

    Text from a server may have half a surrogate pair, which UTF-8 cannot encode.
    """
    message = message.encode("utf-8", "replace").decode()
    return message if len(message) <= LONGEST_MESSAGE else f"{message[:LONGEST_MESSAGE]}… (cut off)"
