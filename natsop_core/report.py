"""Report: the status and events for the user after a plan was carried out, and the time of the next reconcile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from natsop_core.api.status import condition_of
from natsop_core.conditions.condition import as_status, lasted, truncated
from natsop_core.conditions.steps import is_being_collected
from natsop_core.frozen import frozen
from natsop_core.outcomes import Applied, Failed, Postponed, Rejected, Repair, Taken, Unchanged
from natsop_core.repairs import CONTESTED_AFTER

if TYPE_CHECKING:
    from natsop_core.conditions.condition import Condition, Status
    from natsop_core.outcomes import Outcomes
    from natsop_core.reasons import ReasonName
    from natsop_core.resolve.types import Owner

COLLECTION_SECONDS: Final = 5.0
HOLDS_DELETION: Final[frozenset[ReasonName]] = frozenset(("AccountsInUse", "ServersDeleted"))
"""The reasons for a blocked deletion that need a person."""

REFUSED_SECONDS: Final = (2.0, 60.0)


@frozen
class Event:
    """A Kubernetes Event about the custom resource.

    is_passing: the event follows from an action, not from a change of the status. It must be sent even if the status
    could not be written, because the next report will not have it.
    """

    type: Literal["Normal", "Warning"]
    reason: ReasonName
    message: str
    is_passing: bool = False


@frozen
class Report:
    """The whole status of the custom resource, the events to send, and the delay of the next reconcile.

    status: None if the custom resource no longer exists.
    requeue_after: seconds; None if only a change needs another reconcile.
    """

    status: dict[str, Any] | None
    events: tuple[Event, ...] = ()
    requeue_after: float | None = None


NO_REPORT: Final = Report(status=None)


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
    """Make a report from the conditions, the other fields of the status, and the current status.

    requeue_after: all requested delays; the shortest counts, but at least `not_before`.
    notices: events that do not follow from conditions.
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
    """Seconds until failed steps are retried.

    The delay for a rejected step equals the time for which it has been rejected, between 2 and 60 seconds: the cause
    (a quota, a webhook) may disappear without an event.
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


def earliest_retry(outcomes: Outcomes) -> float:
    """Seconds before which nothing may be retried: every reconcile retries all failed steps."""
    return max((each.retry_after for each in outcomes.values() if isinstance(each, Failed)), default=0.0)


def _events(conditions: Sequence[Condition], previous: Mapping[str, Any]) -> Iterator[Event]:
    """The events about changed conditions."""
    for condition in conditions:
        earlier = condition_of(previous, condition.type)
        was, is_now = (earlier or {}).get("status"), condition.status
        finding = condition.finding
        if (
            condition.type == "Degraded"
            and is_now == "True"
            and (earlier or {}).get("message") != truncated(finding.message)
        ):
            yield Event("Warning", finding.reason, finding.message)
        elif condition.type == "Degraded" and (was, is_now) == ("True", "False"):
            yield Event("Normal", "Recovered", "All problems are resolved.")
        elif condition.type == "Available" and was in {"True", "False"} and was != is_now:
            yield Event("Normal" if is_now == "True" else "Warning", _availability(is_now), finding.message)
        elif (condition.type == "ExpiringSoon" and (earlier or {}).get("message") != truncated(finding.message)) or (
            condition.type == "DeletionBlocked"
            and finding.reason in HOLDS_DELETION
            and (earlier or {}).get("reason") != finding.reason
        ):
            yield Event("Warning", finding.reason, finding.message)
        elif condition.type == "ConfigurationLoaded" and (was, is_now) == ("False", "True"):
            yield Event("Normal", "ConfigurationLoaded", finding.message)


def _availability(status: Status) -> ReasonName:
    return "Available" if status == "True" else "Unavailable"
