"""Progressing, Degraded, Stalled and Ready: the conditions that summarize the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding, together
from natsop_core.reasons import REASONS


def summarize(
    available: Condition, *, under_way: Iterable[Finding], wrong: Sequence[Finding], pod: str
) -> tuple[Condition, ...]:
    """The conditions that every custom resource has. pod: the word for one of its pods in messages."""
    is_progressing, is_degraded = progressing(under_way), degraded(wrong)
    return (
        ready(available, is_progressing, is_degraded, pod=pod),
        available,
        is_progressing,
        is_degraded,
        *stalled(wrong),
    )


def progressing(findings: Iterable[Finding]) -> Condition:
    """Whether a change is in progress; reason and message are those of the first finding."""
    finding = next(iter(findings), None)
    if finding is None:
        return Condition("Progressing", "False", Finding("Stable", "No change is in progress."))
    return Condition("Progressing", "True", finding)


def degraded(findings: Sequence[Finding]) -> Condition:
    """Whether there is a problem: the reason of the first finding, the messages of all, each once."""
    if not findings:
        return Condition("Degraded", "False", Finding("AsExpected", "There is no problem."))
    return Condition("Degraded", "True", together(findings))


def stalled(findings: Sequence[Finding]) -> tuple[Condition, ...]:
    """Whether a problem needs a person: tools that follow kstatus then stop waiting. No condition otherwise."""
    stuck = [finding for finding in findings if REASONS[finding.reason].needs_person]
    return (Condition("Stalled", "True", together(stuck)),) if stuck else ()


def ready(available: Condition, progressing: Condition, degraded: Condition, *, pod: str) -> Condition:
    """The condition to wait for: available, no change in progress, no problem."""
    if degraded.status == "True":
        return Condition("Ready", "False", degraded.finding)
    is_waiting = progressing.status == "True" and available.finding.reason == "NotCreated"
    if available.status != "True" and not is_waiting:
        return Condition("Ready", "False", available.finding)
    if progressing.status == "True":
        return Condition("Ready", "False", progressing.finding)
    return Condition("Ready", "True", Finding("Ready", f"All {pod}s are running the requested configuration."))
