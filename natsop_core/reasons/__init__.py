"""The table of all condition types, reasons and events: the meaning and the remedy of each.

Findings, conditions and events use only the names in this table; `natsop explain` and docs/troubleshooting.md print it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.reasons.conditions import CONDITION_TYPES
from natsop_core.reasons.deletion import DELETION
from natsop_core.reasons.events import EVENTS
from natsop_core.reasons.names import ConditionType, ReasonName
from natsop_core.reasons.pods import PODS
from natsop_core.reasons.progress import PROGRESS
from natsop_core.reasons.reason import Reason
from natsop_core.reasons.references import REFERENCES
from natsop_core.reasons.refusals import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONDITION_TYPES", "REASONS", "ConditionType", "Reason", "ReasonName"]

REASONS: Final[Mapping[ReasonName, Reason]] = {
    **PROGRESS,
    **PODS,
    **REFUSALS,
    **REFERENCES,
    **DELETION,
    **EVENTS,
}
