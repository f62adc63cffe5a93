"""Report: what the user gets to see once a plan was carried out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from natsop_core.api.status import condition_of
from natsop_core.conditions.condition import as_status, fitting, lasted
from natsop_core.conditions.steps import is_being_collected
from natsop_core.outcomes import Applied, Failed, Postponed, Rejected, Repair, Taken, Unchanged
from natsop_core.repairs import CONTESTED_AFTER

if TYPE_CHECKING:
    from natsop_core.conditions.condition import Condition, Status
    from natsop_core.outcomes import Outcomes
    from natsop_core.reasons import ReasonName
    from natsop_core.resolve.types import Owner

COLLECTION_SECONDS: Final = 5.0
HOLDS_DELETION: Final[frozenset[ReasonName]] = frozenset(("AccountsInUse", "ServersDeleted"))
"""What only a person ends, of all that a deletion may wait for."""

REFUSED_SECONDS: Final = (2.0, 60.0)


@dataclass(frozen=True, slots=True)
class Event:
    """A Kubernetes Event about the custom resource: something that a user would look for, in one sentence.

    is_passing: it follows from what was just done, and not from how the status differs from the one before; so it is
    to be sent though the status could not be written, since it will not come up again.
    """

    type: Literal["Normal", "Warning"]
    reason: ReasonName
    message: str
    is_passing: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The custom resource's whole status, the events to send, and when to look again though nothing changes.

    status: None when there is nobody to tell any more (the custom resource is deleted, and nothing holds it).
    requeue_after: seconds; None when only a change can make a difference.
    """

    status: dict[str, Any] | None
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None


NOBODY_TO_TELL: Final = Report(status=None)


def make_report(
    conditions: Sequence[Condition],
    facts: Mapping[str, Any],
    previous: Mapping[str, Any],
    *,
    generation: int,
    now: datetime,
    requeue_after: Sequence[float],
    not_before: float = 0.0,
    notices: Sequence[Event] = (),
) -> Report:
    """Put a report together from the conditions, the status's other fields, and the status as it stands.

    requeue_after: every delay that something asks for; the shortest counts, unless it is too soon (not_before).
    notices: events that no condition tells of.
    """
    status = {
        "observedGeneration": generation,
        **{field: value for field, value in facts.items() if value is not None},
        "conditions": as_status(conditions, previous, generation=generation, now=now),
    }
    return Report(
        status=status,
        events=(*_events(conditions, previous), *notices),
        requeue_after=max(not_before, min(requeue_after)) if requeue_after else None,
    )


def retries(owner: Owner, outcomes: Outcomes, previous: Mapping[str, Any], now: datetime) -> Iterator[float]:
    """When to try the steps again that did not get through, in seconds.

    A refused step is tried again after as long as it has been refused already, between 2 and 60 seconds: the cause
    (a quota, a webhook) may go away without a change that we could see.
    """
    for outcome in outcomes.values():
        match outcome:
            case Failed(_, retry_after) | Postponed(_, retry_after):
                yield retry_after
            case Applied(repair=Repair() as repair) | Unchanged(repair=Repair() as repair):
                if repair.in_a_row >= CONTESTED_AFTER:
                    yield repair.over_in
            case Taken(controller) if is_being_collected(owner, controller):
                yield COLLECTION_SECONDS
            case Rejected():
                shortest, longest = REFUSED_SECONDS
                yield min(longest, max(shortest, lasted("Degraded", "True", previous, now)))


def too_soon(outcomes: Outcomes) -> float:
    """For how many seconds nothing is to be tried again: a look tries all that failed, whoever asked for it."""
    return max((each.retry_after for each in outcomes.values() if isinstance(each, Failed)), default=0.0)


def _events(conditions: Sequence[Condition], previous: Mapping[str, Any]) -> Iterator[Event]:
    """What has just become wrong or comes near, has just been mended, or has just been loaded."""
    for condition in conditions:
        earlier = condition_of(previous, condition.type)
        was, is_now = (earlier or {}).get("status"), condition.status
        finding = condition.finding
        if (
            condition.type == "Degraded"
            and is_now == "True"
            and (earlier or {}).get("message") != fitting(finding.message)
        ):
            yield Event("Warning", finding.reason, finding.message)
        elif condition.type == "Degraded" and (was, is_now) == ("True", "False"):
            yield Event("Normal", "Recovered", "No problem is left.")
        elif condition.type == "Available" and was in {"True", "False"} and was != is_now:
            yield Event("Normal" if is_now == "True" else "Warning", _availability(is_now), finding.message)
        elif (condition.type == "ExpiringSoon" and (earlier or {}).get("message") != fitting(finding.message)) or (
            condition.type == "DeletionBlocked"
            and finding.reason in HOLDS_DELETION
            and (earlier or {}).get("reason") != finding.reason
        ):
            yield Event("Warning", finding.reason, finding.message)
        elif condition.type == "ConfigurationLoaded" and (was, is_now) == ("False", "True"):
            yield Event("Normal", "ConfigurationLoaded", finding.message)


def _availability(status: Status) -> ReasonName:
    return "Available" if status == "True" else "Unavailable"
