"""Turns the outcomes of a plan's steps into findings for the user."""

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
    """Problems that need a person: name conflicts, rejected objects, rejected credentials."""
    for key, outcome in outcomes.items():
        match key, outcome:
            case RequestKey(name=request), Rejected(message):
                yield _refused_request(request, message)
            case _, Taken(controller) if not is_being_collected(owner, controller):
                yield _name_conflict(key, controller)
            case _, Rejected(message, field):
                where = _called(key) + (f", field {field}" if field else "")
                yield Finding("ApplyRejected", f"The API server rejects {where}: {sentence(message)}")


def contests(outcomes: Outcomes) -> Iterator[Finding]:
    """Fields that another program changes back each time. A single change by hand is repaired without a finding."""
    for key, outcome in outcomes.items():
        match outcome:
            case Applied(repair=Repair() as repair) | Unchanged(repair=Repair() as repair) | Postponed(repair=repair):
                if repair.in_a_row >= CONTESTED_AFTER:
                    yield _contested(key, repair)


def delays(owner: Owner, outcomes: Outcomes) -> Iterator[Finding]:
    """Problems that resolve themselves: objects of a deleted resource, failed requests, and steps that wait."""
    for key, outcome in outcomes.items():
        match outcome:
            case Taken(controller) if is_being_collected(owner, controller):
                yield Finding(
                    "WaitingForCollection",
                    f"{_called(key)} still belongs to a deleted {owner.kind} of the same name, and is deleted with it."
                    " If it still exists after a few minutes, the garbage collector of Kubernetes has missed it:"
                    " delete it yourself.",
                )
            case Failed(message):
                yield Finding("Retrying", f"{_called(key)}: {sentence(message)}")
            case HeldBack(by):
                yield Finding("HeldBack", f"{_called(key)} waits until {by.kind} {by.name} is applied.")


def adoptions(owner: Owner, outcomes: Outcomes) -> Iterator[Finding]:
    """The orphans that were adopted: objects of an earlier custom resource of the same name."""
    adopted = [key for key, outcome in outcomes.items() if isinstance(outcome, Applied) and outcome.adopted]
    if adopted:
        objects = ", ".join(map(_called, adopted))
        yield Finding(
            "Adopted",
            f"The operator created these objects for an earlier {owner.kind} of this name, and manages them again:"
            f" {objects}.",
        )


def replacements(outcomes: Outcomes) -> Iterator[Finding]:
    """The pods that were deleted so that Kubernetes recreates them."""
    for key, outcome in outcomes.items():
        if isinstance(outcome, Applied) and not isinstance(key, RequestKey) and key.kind == PODS.kind:
            yield Finding(
                "PodReplaced",
                f"Pod {key.name} has an older revision and could not start. The operator deleted it, so that"
                " Kubernetes recreates it from the current revision.",
            )


def is_being_collected(owner: Owner, controller: Controller | None) -> bool:
    """Whether the controller of an object is an earlier, deleted custom resource of the same kind and name."""
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
        f"The servers reject the operator's credentials, so it cannot {request}: {sentence(message)} Correct the Secret"
        " that userCreds of the system account in spec.auth.jwt.accounts refers to; with spec.auth.systemUser, delete"
        " its Secret, and the operator creates a new key.",
    )


def _contested(key: StepKey, repair: Repair) -> Finding:
    return Finding(
        "Contested",
        f"{_called(key)}: the field manager {repair.manager} changes {', '.join(repair.fields)} back each time the"
        " operator sets it. Let only one of the two set it; until then the operator repairs it once a minute.",
    )


def _name_conflict(key: StepKey, controller: Controller | None) -> Finding:
    holder = f"is controlled by {controller}" if controller else "has no controller"
    return Finding(
        "NameConflict",
        f"{_called(key)} exists and {holder}; the operator does not touch it."
        " Delete it, or give this resource another name.",
    )
