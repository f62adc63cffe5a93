"""What the outcomes of a plan's steps mean for the user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core.actions import RequestKey
from natsop_core.findings import Finding
from natsop_core.kinds import PODS
from natsop_core.names import API_VERSION
from natsop_core.outcomes import Applied, Failed, HeldBack, Postponed, Rejected, Repair, Taken, Unchanged
from natsop_core.repairs import CONTESTED_AFTER
from natsop_core.texts import sentence

if TYPE_CHECKING:
    from natsop_core.actions import StepKey
    from natsop_core.live import Controller
    from natsop_core.outcomes import Outcomes
    from natsop_core.resolve.types import Owner


def refusals(owner: Owner, outcomes: Outcomes) -> Iterator[Finding]:
    """What only a person can mend: names that others hold, objects and credentials that are refused."""
    for key, outcome in outcomes.items():
        match key, outcome:
            case RequestKey(name=request), Rejected(message):
                yield _refused_request(request, message)
            case _, Taken(controller) if not is_being_collected(owner, controller):
                yield _name_conflict(key, controller)
            case _, Rejected(message, field):
                where = _called(key) + (f", field {field}" if field else "")
                yield Finding("ApplyRejected", f"The API server refuses {where}: {sentence(message)}")


def contests(outcomes: Outcomes) -> Iterator[Finding]:
    """Fields that another program changes back each time. A single change by hand is repaired without a word."""
    for key, outcome in outcomes.items():
        match outcome:
            case Applied(repair=Repair() as repair) | Unchanged(repair=Repair() as repair) | Postponed(repair=repair):
                if repair.in_a_row >= CONTESTED_AFTER:
                    yield _contested(key, repair)


def delays(owner: Owner, outcomes: Outcomes) -> Iterator[Finding]:
    """What time will mend: what an earlier resource of this name left, requests to try again, what they hold up."""
    for key, outcome in outcomes.items():
        match outcome:
            case Taken(controller) if is_being_collected(owner, controller):
                yield Finding(
                    "WaitingForCollection",
                    f"{_called(key)} still belongs to a deleted {owner.kind} of the same name, and goes with it."
                    " If it is there for minutes, Kubernetes' garbage collector has missed it: delete it by hand.",
                )
            case Failed(message):
                yield Finding("Retrying", f"{_called(key)}: {sentence(message)}")
            case HeldBack(by):
                yield Finding("HeldBack", f"{_called(key)} waits until {by.kind} {by.name} is applied.")


def adoptions(owner: Owner, outcomes: Outcomes) -> Iterator[Finding]:
    """Which orphans of an earlier life of the custom resource were taken back."""
    adopted = [key for key, outcome in outcomes.items() if isinstance(outcome, Applied) and outcome.adopted]
    if adopted:
        objects = ", ".join(map(_called, adopted))
        yield Finding(
            "Adopted", f"The operator made these for a {owner.kind} of this name, and manages them again: {objects}."
        )


def replacements(outcomes: Outcomes) -> Iterator[Finding]:
    """Which pods were deleted, so that Kubernetes makes them anew."""
    for key, outcome in outcomes.items():
        if isinstance(outcome, Applied) and not isinstance(key, RequestKey) and key.kind == PODS.kind:
            yield Finding(
                "PodReplaced",
                f"Pod {key.name} is of an older revision and could not start. The operator deleted it, so that"
                " Kubernetes makes it anew from the current one.",
            )


def is_being_collected(owner: Owner, controller: Controller | None) -> bool:
    """Whether the holder of a name is an earlier custom resource of our own kind and name: only one can exist."""
    return (
        controller is not None
        and (controller.api_version, controller.kind, controller.name) == (API_VERSION, owner.kind, owner.name)
        and controller.uid != owner.uid
    )


def _called(key: StepKey) -> str:
    return f"Request to {key.name}" if isinstance(key, RequestKey) else f"{key.kind} {key.name}"


def _refused_request(request: str, message: str) -> Finding:
    return Finding(
        "CredentialsRefused",
        f"The servers refuse the operator's credentials, so it cannot {request}: {sentence(message)} Correct the Secret"
        " that userCreds of the system account in spec.auth.jwt.accounts refers to; with spec.auth.systemUser, delete"
        " its Secret, and the operator makes another key.",
    )


def _contested(key: StepKey, repair: Repair) -> Finding:
    return Finding(
        "Contested",
        f"{_called(key)}: the manager {repair.manager} changes {', '.join(repair.fields)} back each time the"
        " operator sets it. Let only one of the two set it; meanwhile the operator tries it once a minute.",
    )


def _name_conflict(key: StepKey, controller: Controller | None) -> Finding:
    holder = f"is controlled by {controller}" if controller else "has no controller"
    return Finding(
        "NameConflict",
        f"{_called(key)} exists and {holder}; the operator leaves it alone."
        " Remove it, or give this resource another name.",
    )
