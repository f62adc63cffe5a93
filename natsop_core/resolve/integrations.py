"""What others install in the Kubernetes cluster and a custom resource may ask for: NACK, the Prometheus operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from natsop_core.findings import Finding
from natsop_core.kinds import POD_MONITORS

if TYPE_CHECKING:
    from natsop_core.inputs import Inputs
    from natsop_core.resolve.types import PodMonitor


@dataclass(frozen=True, slots=True)
class Integration:
    """How it stands with something that was asked for.

    condition: the type of the condition that says so. lack: why it is not to be had; None when it is.
    is_awaited: it may be installed any time, so it is looked for again and again.
    """

    condition: str
    lack: Finding | None
    is_awaited: bool = False


def resolve_pod_monitor(wanted: PodMonitor | None, inputs: Inputs) -> tuple[PodMonitor | None, tuple[Integration, ...]]:
    """The PodMonitor to build: none where the API server does not know the kind."""
    if wanted is None:
        return None, ()
    if inputs.serves(POD_MONITORS.reference):
        return wanted, (Integration("PodMonitorAvailable", None),)
    lack = Finding(
        "PodMonitorNotInstalled",
        f"The API server knows no {POD_MONITORS.plural}.{POD_MONITORS.group}; install the Prometheus operator, or turn"
        " spec.promExporter.podMonitor off.",
    )
    return None, (Integration("PodMonitorAvailable", lack, is_awaited=True),)
