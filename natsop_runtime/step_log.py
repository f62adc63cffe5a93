"""Logs the outcomes of steps: successes each time, a failure once until its state changes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from natsop_core.log_lines import step_line
from natsop_core.outcomes import Failed, Unchanged
from natsop_core.references import ObjectKey
from natsop_runtime.deferred_steps import NOT_TRIED
from natsop_runtime.logs import about_object

if TYPE_CHECKING:
    from natsop_core.actions import StepKey
    from natsop_core.log_lines import StepKind, StepLine
    from natsop_core.outcomes import Outcomes

log = logging.getLogger(__name__)


class StepLog:
    """Remembers, for each custom resource, the failures that were logged.

    is_outage: whether the API server is unavailable, so that failed steps are not logged one by one.
    """

    def __init__(self, is_outage: Callable[[], bool]) -> None:
        self._is_outage = is_outage
        self._told: dict[ObjectKey, dict[StepKey, str]] = {}  # by custom resource; none is empty

    def tell(self, custom_resource: ObjectKey, kinds: Mapping[StepKey, StepKind], outcomes: Outcomes) -> None:
        """Log the outcomes of a plan of this custom resource."""
        before = self._told.pop(custom_resource, {})
        told: dict[StepKey, str] = {}
        for key, outcome in outcomes.items():
            if outcome is NOT_TRIED:
                told |= {key: before[key]} if key in before else {}
                continue
            line = step_line(kinds[key], key, outcome)
            if line is None:
                continue
            if isinstance(outcome, Failed) and self._is_outage():
                log.debug("%s", line.text, extra=_extra(key, line))
            elif not line.trouble or before.get(key) != line.trouble:
                log.log(logging.WARNING if line.is_grave else logging.INFO, "%s", line.text, extra=_extra(key, line))
            if line.trouble:
                told[key] = line.trouble
        if told:
            self._told[custom_resource] = told
        unchanged = sum(isinstance(each, Unchanged) for each in outcomes.values())
        log.debug("%d steps, of which %d were not necessary", len(outcomes), unchanged)

    def forget(self, custom_resource: ObjectKey) -> None:
        """Forget a custom resource that is gone."""
        self._told.pop(custom_resource, None)


def _extra(key: StepKey, line: StepLine) -> dict[str, Any]:
    if isinstance(key, ObjectKey):
        return about_object(key, action=line.action)
    return {"fields": {"action": line.action}}
