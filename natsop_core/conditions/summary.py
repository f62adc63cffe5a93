"""Progressing, Degraded, Stalled and Ready: the conditions that sum up the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding, together
from natsop_core.reasons import REASONS


def summarize(
    available: Condition, *, under_way: Iterable[Finding], wrong: Sequence[Finding], pod: str
) -> tuple[Condition, ...]:
    """The conditions that every custom resource has. pod: what one of its pods is called."""
    is_progressing, is_degraded = progressing(under_way), degraded(wrong)
    return (
        ready(available, is_progressing, is_degraded, pod=pod),
        available,
        is_progressing,
        is_degraded,
        *stalled(wrong),
    )


def progressing(findings: Iterable[Finding]) -> Condition:
    """Whether something is still under way: the first that is."""
    finding = next(iter(findings), None)
    if finding is None:
        return Condition("Progressing", "False", Finding("Stable", "No change is under way."))
    return Condition("Progressing", "True", finding)


def degraded(findings: Sequence[Finding]) -> Condition:
    """Whether something is wrong: the first finding's reason, the messages of all, each once."""
    if not findings:
        return Condition("Degraded", "False", Finding("AsExpected", "No problem was found."))
    return Condition("Degraded", "True", together(findings))


def stalled(findings: Sequence[Finding]) -> tuple[Condition, ...]:
    """Whether only a person can go on: then tools that follow kstatus need not wait. No condition otherwise."""
    stuck = [finding for finding in findings if REASONS[finding.reason].needs_person]
    return (Condition("Stalled", "True", together(stuck)),) if stuck else ()


def ready(available: Condition, progressing: Condition, degraded: Condition, *, pod: str) -> Condition:
    """The one condition to wait for: available, nothing under way, nothing wrong."""
    if degraded.status == "True":
        return Condition("Ready", "False", degraded.finding)
    is_waiting = progressing.status == "True" and available.finding.reason == "NotCreated"
    if available.status != "True" and not is_waiting:
        return Condition("Ready", "False", available.finding)
    if progressing.status == "True":
        return Condition("Ready", "False", progressing.finding)
    return Condition("Ready", "True", Finding("Ready", f"All {pod}s are running the requested configuration."))
