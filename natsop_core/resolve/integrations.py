"""What others install in the Kubernetes cluster and a custom resource may ask for: NACK, the Prometheus operator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from natsop_core.findings import Finding
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS
from natsop_core.references import ChildrenRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.common import Metadata
    from natsop_core.inputs import Inputs
    from natsop_core.kinds import ApiResource
    from natsop_core.reasons import ConditionType, ReasonName
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.types import PodMonitor

POD_MONITOR_CONDITION: Final[ConditionType] = "PodMonitorAvailable"

_NOT_INSTALLED: Final[Mapping[ApiResource, ReasonName]] = {
    POD_MONITORS: "PodMonitorNotInstalled",
    NACK_ACCOUNTS: "NackNotInstalled",
}


@dataclass(frozen=True, slots=True)
class Integration:
    """How it stands with something that was asked for.

    condition: the type of the condition that says so. lack: why it is not to be had; None when it is.
    is_awaited: it may be installed any time, so it is looked for again and again.
    """

    condition: ConditionType
    lack: Finding | None
    is_awaited: bool = False


@dataclass(frozen=True, slots=True)
class ResolvedMonitor:
    """The PodMonitor to build, how it stands with its kind, and which of ours stay as they are."""

    monitor: PodMonitor | None = None
    integration: Integration | None = None
    keep: tuple[ObjectKey, ...] = ()


def resolve_pod_monitor(metadata: Metadata, wanted: PodMonitor | None, inputs: Inputs) -> ResolvedMonitor:
    """None is built where the API server does not know the kind; none is removed because of a moment's doubt."""
    existing = children_of_kind(metadata, POD_MONITORS, inputs)
    if wanted is None:
        return ResolvedMonitor(integration=being_removed(POD_MONITOR_CONDITION) if existing else None)
    lack = not_to_be_had(
        POD_MONITORS, inputs, advice="install the Prometheus operator, or turn spec.promExporter.podMonitor off"
    )
    if lack is None:
        return ResolvedMonitor(wanted, Integration(POD_MONITOR_CONDITION, None))
    return ResolvedMonitor(None, Integration(POD_MONITOR_CONDITION, lack, is_awaited=True), existing)


def not_to_be_had(resource: ApiResource, inputs: Inputs, *, advice: str) -> Finding | None:
    """Why objects of the kind cannot be made: it is not installed, or may not be listed."""
    kind = f"{resource.plural}.{resource.group}"
    if (forbidden := inputs.forbidden(resource.reference)) is not None:
        return Finding("Forbidden", f"The operator cannot list {kind}: {forbidden.message.rstrip('.')}.")
    if not inputs.serves(resource.reference):
        return Finding(_NOT_INSTALLED[resource], f"The API server knows no {kind}; {advice}.")
    return None


def being_removed(condition: ConditionType) -> Integration:
    """Until what was made for it is gone, the condition stays, and with it the question whether the kind is there."""
    return Integration(
        condition, Finding("NotWanted", "Nothing asks for this any more; what was made is being removed.")
    )


def children_of_kind(metadata: Metadata, resource: ApiResource, inputs: Inputs) -> tuple[ObjectKey, ...]:
    """The objects of the kind that the custom resource controls."""
    children = inputs.children(ChildrenRef(metadata.namespace, metadata.uid))
    return tuple(child.key for child in children if child.key.kind == resource.kind)
