"""What the log says about a reconciliation: which conditions changed, and what became of each step of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

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


@dataclass(frozen=True, slots=True)
class ConditionChange:
    """A condition whose status, reason or message is not what it was. `old` and `new` are statuses, or `ABSENT`."""

    type: str
    old: str
    new: str
    reason: str = ""
    message: str = ""

    def __str__(self) -> str:
        why = f", {self.reason}: {self.message}" if self.reason else ""
        return f"condition {self.type}: {self.old} -> {self.new}{why}"


@dataclass(frozen=True, slots=True)
class StepLine:
    """A line about a step.

    action: what was done or was not possible, in one word for programs.
    trouble: empty when the step was carried out. Else the state that the step is in; a line about a state is not
    repeated while the state lasts. is_grave: somebody has to do something about it.
    """

    action: str
    text: str
    trouble: str = ""
    is_grave: bool = False


def condition_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ConditionChange]:
    """How the conditions of a custom resource differ between two of its statuses."""
    old, new = _by_type(before), _by_type(after)
    for type_, condition in new.items():
        earlier = old.get(type_, {})
        if any(condition.get(field) != earlier.get(field) for field in ("status", "reason", "message")):
            status = earlier.get("status", ABSENT)
            yield ConditionChange(type_, status, condition["status"], condition["reason"], condition["message"])
    for type_ in sorted(old.keys() - new.keys()):
        yield ConditionChange(type_, old[type_]["status"], ABSENT)


def step_line(kind: StepKind, key: StepKey, outcome: Outcome) -> StepLine | None:
    """What to say about a step; None when nothing had to be done, or when a condition says why it waits."""
    match outcome:
        case Unchanged() | Postponed():
            return None
        case Applied():
            return _applied(kind, key, outcome)
        case Answered():
            return StepLine("answered", f"the servers have answered the request: {key}")
        case Taken(controller):
            holder = f"{controller} controls it" if controller else "nobody controls it"
            text = f"cannot write {key}: it exists and is not this custom resource's; {holder}"
            return StepLine("taken", text, trouble=f"taken: {holder}", is_grave=True)
        case Rejected(message, field):
            return StepLine("rejected", f"cannot {kind} {key}: {message}", trouble=f"rejected: {field}", is_grave=True)
        case Failed(message):
            return StepLine("failed", f"failed to {kind} {key}, trying again: {message}", trouble="failed")
        case HeldBack(by):
            return StepLine("waiting", f"{key} waits until {by} is written", trouble=f"waits for {by}")


def reference_text(reference: Reference) -> str:
    """What was asked for, in the fewest words."""
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
        return StepLine("adopted", f"adopted {key}, which an earlier custom resource of this name has left")
    if outcome.repair:
        return StepLine("repaired", _put_back(key, outcome.repair))
    done = _DONE[kind]
    return StepLine(done.partition(" ")[0], f"{done} {key}")


def _put_back(key: StepKey, repair: Repair) -> str:
    who = f"the manager {repair.manager}" if repair.manager else "somebody"
    again = f" (repair {repair.in_a_row} in a row)" if repair.in_a_row > 1 else ""
    return f"put back {', '.join(repair.fields)} of {key}, which {who} had changed{again}"


def _by_type(status: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {each["type"]: each for each in status.get("conditions") or ()}
