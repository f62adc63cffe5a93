"""Builds the log lines about a reconciliation: changed conditions, and the outcome of each step of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from natsop_core.frozen import frozen
from natsop_core.outcomes import Answered, Applied, Failed, HeldBack, Postponed, Rejected, Taken, Unchanged
from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, LabelledRef, ListRef, ObjectRef

if TYPE_CHECKING:
    from natsop_core.actions import StepKey
    from natsop_core.outcomes import Outcome, Repair
    from natsop_core.references import Reference

ABSENT: Final = "none"
"""In place of a status: the custom resource does not have the condition."""

StepKind: TypeAlias = Literal["apply", "delete", "annotate", "set finalizers of", "request"]

_DONE: Final[Mapping[StepKind, str]] = {
    "apply": "changed",
    "delete": "deleted",
    "annotate": "annotated",
    "set finalizers of": "set the finalizers of",
}


@frozen
class ConditionChange:
    """A condition whose status, reason or message has changed. old, new: statuses, or `ABSENT`."""

    type: str
    old: str
    new: str
    reason: str = ""
    message: str = ""

    def __str__(self) -> str:
        why = f", {self.reason}: {self.message}" if self.reason else ""
        return f"condition {self.type}: {self.old} -> {self.new}{why}"


@frozen
class StepLine:
    """A line about a step.

    action: the action or its failure, as one word for programs.
    trouble: why the step is not carried out; empty if it is. A line is not repeated while this does not change.
    is_grave: the problem needs a person.
    """

    action: str
    text: str
    trouble: str = ""
    is_grave: bool = False


def condition_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ConditionChange]:
    """The changed conditions between two statuses of a custom resource."""
    old, new = _by_type(before), _by_type(after)
    for type_, condition in new.items():
        earlier = old.get(type_, {})
        if any(condition.get(field) != earlier.get(field) for field in ("status", "reason", "message")):
            status = earlier.get("status", ABSENT)
            yield ConditionChange(type_, status, condition["status"], condition["reason"], condition["message"])
    for type_ in sorted(old.keys() - new.keys()):
        yield ConditionChange(type_, old[type_]["status"], ABSENT)


def step_line(kind: StepKind, key: StepKey, outcome: Outcome) -> StepLine | None:
    """The line about a step; None if nothing was done, or if a condition says why it waits."""
    match outcome:
        case Unchanged() | Postponed():
            return None
        case Applied():
            return _applied(kind, key, outcome)
        case Answered():
            return StepLine("answered", f"the servers have answered the request: {key}")
        case Taken(controller):
            holder = f"{controller} controls it" if controller else "it has no controller"
            text = f"cannot write {key}: it exists and does not belong to this custom resource; {holder}"
            return StepLine("taken", text, trouble=f"taken: {holder}", is_grave=True)
        case Rejected(message, field):
            return StepLine("rejected", f"cannot {kind} {key}: {message}", trouble=f"rejected: {field}", is_grave=True)
        case Failed(message):
            return StepLine("failed", f"failed to {kind} {key}, will retry: {message}", trouble="failed")
        case HeldBack(by):
            return StepLine("waiting", f"{key} waits until {by} is written", trouble=f"waits for {by}")


def reference_text(reference: Reference) -> str:
    """The reference in a few words."""
    match reference:
        case ObjectRef(key):
            return str(key)
        case LabelledRef():
            return f"each {reference.kind} of {reference.namespace}/{reference.value}"
        case ListRef():
            return f"each {reference.kind} in {reference.namespace}"
        case ChildrenRef():
            return "children"
        case ApiGroupRef():
            return f"whether {reference.kind} of {reference.api_version} is served"
        case HttpRef():
            return f"{reference.path} of {reference.pod}"


def _applied(kind: StepKind, key: StepKey, outcome: Applied) -> StepLine:
    if outcome.created:
        return StepLine("created", f"created {key}")
    if outcome.adopted:
        return StepLine("adopted", f"adopted {key}, which an earlier custom resource of this name left behind")
    if outcome.repair:
        return StepLine("repaired", _repaired(key, outcome.repair))
    done = _DONE[kind]
    return StepLine(done.partition(" ")[0], f"{done} {key}")


def _repaired(key: StepKey, repair: Repair) -> str:
    who = f"the field manager {repair.manager}" if repair.manager else "an unknown field manager"
    again = f" (repair {repair.in_a_row} in a row)" if repair.in_a_row > 1 else ""
    return f"repaired {', '.join(repair.fields)} of {key}, changed by {who}{again}"


def _by_type(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {each["type"]: each for each in status.get("conditions") or ()}
