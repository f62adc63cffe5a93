"""NackIntegrationAvailable and PodMonitorAvailable: is there what others have to install?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding

if TYPE_CHECKING:
    from natsop_core.resolve.integrations import Integration


def integration_available(integration: Integration) -> Condition:
    """True where everything that the custom resource asks for can be had."""
    if integration.lack is not None:
        return Condition(integration.condition, "False", integration.lack)
    return Condition(integration.condition, "True", Finding("Installed", "The API server knows what is built for it."))
