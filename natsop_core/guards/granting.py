"""Applies the guards: grants the changes of a custom resource that no guard refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.guards.accounts import ACCOUNT_GUARDS, with_existing_account_claim
from natsop_core.guards.guard import allowed_changes
from natsop_core.guards.servers import OUTSIDE_VOLUME, SERVER_GUARDS
from natsop_core.guards.streams import STREAM_GUARDS, idle_claim, with_existing_stream_claim
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.rules import CLUSTER_RULES, breaches

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Claim, Commitments
    from natsop_core.guards.guard import Change, Guard

GUARDS: Final = (OUTSIDE_VOLUME, *STREAM_GUARDS, *ACCOUNT_GUARDS, *SERVER_GUARDS)
"""In order of evaluation: whether JetStream stays on is decided before the number of servers."""


@frozen
class Refusal:
    """A change that a guard has refused, and the finding for the user."""

    guard: Guard
    finding: Finding


@frozen
class Granted:
    """The granted custom resource, and the refused changes.

    allowed_losses: changes that lose data and that the annotation allows. idle_claim: the claim of a disabled file
    store, which stays mounted. broken_rules: rules that the granted custom resource breaks because of a refused change.
    """

    cr: NatsCluster
    refusals: tuple[Refusal, ...]
    allowed_losses: tuple[Finding, ...]
    idle_claim: Claim | None
    broken_rules: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the refused changes."""
        return tuple(each.finding for each in self.refusals)

    @property
    def is_frozen(self) -> bool:
        """Whether the running servers and their configuration must not change at all."""
        return any(each.guard.freezes for each in self.refusals)


def grant(wanted: NatsCluster, committed: Commitments) -> Granted:
    """Evaluate all guards in order; each sees the result of the previous one."""
    cluster, allowed = wanted.metadata.name, allowed_changes(wanted)
    granted = with_existing_account_claim(with_existing_stream_claim(wanted, committed), committed)
    refusals, allowed_losses = [], []
    for guard in GUARDS:
        change = guard.find(granted, committed)
        if change is None:
            continue
        if guard.allowance(change) in allowed - {""}:
            allowed_losses.append(_allowed_loss(guard, change))
        else:
            refusals.append(Refusal(guard, Finding(guard.reason, guard.message(change, cluster))))
            granted = change.kept
    return Granted(
        granted,
        tuple(refusals),
        tuple(allowed_losses),
        idle_claim(granted, committed),
        _broken_rules(granted, refusals),
    )


def _allowed_loss(guard: Guard, change: Change) -> Finding:
    return Finding(
        "DataLossAllowed",
        f"The annotation {ALLOW_DATA_LOSS_ANNOTATION} allows {guard.allowance(change)}, although {guard.why}.",
    )


def _broken_rules(granted: NatsCluster, refusals: list[Refusal]) -> tuple[Finding, ...]:
    if not refusals:
        return ()
    return tuple(
        Finding("InvalidSpec", f"{breach.path}: {breach.message} (because a change was refused). Set it back, too.")
        for breach in breaches(granted, CLUSTER_RULES)
    )
