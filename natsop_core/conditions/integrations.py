"""NackIntegrationAvailable and PodMonitorAvailable: whether an optional API is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding
from natsop_core.resolve.integrations import POD_MONITOR_CONDITION
from natsop_core.resolve.nack import CONDITION as NACK_CONDITION

if TYPE_CHECKING:
    from natsop_core.resolve.integrations import Integration


INTEGRATION_CONDITIONS: Final = frozenset((POD_MONITOR_CONDITION, NACK_CONDITION))


def integration_available(integration: Integration) -> Condition:
    """True if the optional API that the custom resource uses is available."""
    if integration.lack is not None:
        return Condition(integration.condition, "False", integration.lack)
    return Condition(integration.condition, "True", Finding("Installed", "The API is installed."))
