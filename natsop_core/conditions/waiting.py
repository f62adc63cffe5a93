"""Missing references that are expected to appear before anything runs: Secrets of other programs, a box's cluster."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from natsop_core.api.status import condition_of
from natsop_core.conditions.condition import lasted
from natsop_core.findings import Finding, together

if TYPE_CHECKING:
    from natsop_core.reasons import ReasonName

PATIENCE: Final = 180.0
"""Seconds for which the operator waits for a missing reference before it counts as a problem."""

_WAITED_FOR: Final[Mapping[ReasonName, ReasonName]] = {
    "SecretNotFound": "WaitingForSecret",
    "ConfigMapNotFound": "WaitingForConfigMap",
    "KeyNotFound": "WaitingForKey",
    "ClusterNotFound": "ClusterNotFound",
}


class Waiting(NamedTuple):
    """The references to wait for, as one finding; the problems; and the seconds until the former become problems."""

    awaited: tuple[Finding, ...]
    wrong: tuple[Finding, ...]
    requeue_after: float | None = None


def wait_for_missing(findings: Iterable[Finding], previous: Mapping[str, Any], now: datetime) -> Waiting:
    """Separate the missing references that may still appear from the problems. previous: the current status, which has
    the start of the wait."""
    findings = tuple(findings)
    missing = [Finding(_WAITED_FOR[each.reason], each.message) for each in findings if each.reason in _WAITED_FOR]
    awaited = (together(missing),) if missing else ()
    waited = _waited(previous, now)
    if not awaited or waited >= PATIENCE:
        return Waiting(awaited, findings)
    wrong = tuple(each for each in findings if each.reason not in _WAITED_FOR)
    return Waiting(awaited, wrong, PATIENCE - waited)


def _waited(previous: Mapping[str, Any], now: datetime) -> float:
    condition = condition_of(previous, "Progressing")
    is_waiting = condition is not None and condition.get("reason") in _WAITED_FOR.values()
    return lasted("Progressing", "True", previous, now) if is_waiting else 0.0
