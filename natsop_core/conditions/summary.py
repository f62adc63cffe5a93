"""Progressing, Degraded and Ready: the conditions that sum up the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding


def progressing(findings: Iterable[Finding]) -> Condition:
    """Whether something is still under way: the first that is."""
    finding = next(iter(findings), None)
    if finding is None:
        return Condition("Progressing", "False", Finding("Stable", "Nothing is under way."))
    return Condition("Progressing", "True", finding)


def degraded(findings: Sequence[Finding]) -> Condition:
    """Whether something needs a person: the first finding's reason, the messages of all, each once."""
    if not findings:
        return Condition("Degraded", "False", Finding("AsExpected", "Nothing is wrong."))
    message = " ".join(dict.fromkeys(finding.message for finding in findings))
    return Condition("Degraded", "True", Finding(findings[0].reason, message))


def ready(available: Condition, progressing: Condition, degraded: Condition) -> Condition:
    """The one condition to wait for: available, nothing under way, nothing wrong."""
    if degraded.status == "True":
        return Condition("Ready", "False", degraded.finding)
    if available.status != "True":
        return Condition("Ready", "False", available.finding)
    if progressing.status == "True":
        return Condition("Ready", "False", progressing.finding)
    return Condition("Ready", "True", Finding("Ready", "All that was asked for is running."))
