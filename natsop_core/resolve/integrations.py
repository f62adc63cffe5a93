"""Resolves optional APIs that a custom resource may use: NACK, and PodMonitors of the Prometheus operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Generic, TypeVar

from natsop_core import names
from natsop_core.api.status import condition_of
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.inputs import Forbidden
from natsop_core.kinds import NACK_ACCOUNTS, POD_MONITORS, STATEFUL_SETS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.children import children_of_kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.kinds import ApiResource
    from natsop_core.lookup import Lookup
    from natsop_core.reasons import ConditionType, ReasonName
    from natsop_core.resolve.types import PodMonitor

POD_MONITOR_CONDITION: Final[ConditionType] = "PodMonitorAvailable"

_NOT_INSTALLED: Final[Mapping[ApiResource, ReasonName]] = {
    POD_MONITORS: "PodMonitorNotInstalled",
    NACK_ACCOUNTS: "NackNotInstalled",
}


T = TypeVar("T")


@frozen
class Integration:
    """Whether an optional API (NACK, PodMonitor) that the custom resource uses is available.

    condition: the type of its condition. lack: why it is not available; None if it is.
    is_awaited: it may be installed at any time, so the operator checks again regularly.
    """

    condition: ConditionType
    lack: Finding | None
    is_awaited: bool = False


@frozen
class Integrated(Generic[T]):
    """The value to build for an optional API, and whether the API is available; None if it is not used.

    may_exist: objects of its kind may exist once the value is built.
    """

    value: T | None = None
    integration: Integration | None = None
    may_exist: bool = False


def resolve_pod_monitor(cr: NatsCluster, wanted: PodMonitor | None, lookup: Lookup) -> Answer[Integrated[PodMonitor]]:
    """The PodMonitor, if the API server serves the kind. Existing ones are kept when discovery fails."""
    existing = children_of_kind(cr.metadata, POD_MONITORS, lookup)
    may_exist = may_have(cr, POD_MONITORS, lookup)
    if wanted is None:
        removal = removal_in_progress(cr, POD_MONITORS, POD_MONITOR_CONDITION, lookup)
        return Answer(Integrated(integration=removal, may_exist=may_exist))
    lack = why_unavailable(
        POD_MONITORS, lookup, advice="install the Prometheus operator, or disable spec.promExporter.podMonitor"
    )
    if lack is None:
        return Answer(Integrated(wanted, Integration(POD_MONITOR_CONDITION, None), may_exist=True))
    lacking = Integration(POD_MONITOR_CONDITION, lack, is_awaited=True)
    return Answer(Integrated(None, lacking, may_exist), keep=existing)


def why_unavailable(resource: ApiResource, lookup: Lookup, *, advice: str) -> Finding | None:
    """Why objects of the kind cannot be created: it is not installed, or may not be listed."""
    kind = f"{resource.plural}.{resource.group}"
    served = lookup.serves(resource.reference)
    if isinstance(served, Forbidden):
        return Finding("Forbidden", f"The operator cannot list {kind}: {served.message.rstrip('.')}.")
    if not served:
        return Finding(_NOT_INSTALLED[resource], f"The API server does not serve {kind}; {advice}.")
    return None


def may_have(cr: NatsCluster, resource: ApiResource, lookup: Lookup) -> bool:
    """Whether the custom resource has objects of the kind, or may have some that cannot be listed now.

    The kind is recorded on the StatefulSet before its first object is created. Otherwise an object that is created just
    before the operator stops could be forgotten: kinds that no custom resource uses are not watched.
    """
    live = lookup.readable(STATEFUL_SETS.key(cr.metadata.namespace, names.stateful_set(cr.metadata.name)))
    noted = (live["metadata"].get("annotations") or {}).get(names.OPTIONAL_KINDS_ANNOTATION, "") if live else ""
    is_unknown = resource.kind in noted.split(",") and isinstance(lookup.serves(resource.reference), Forbidden)
    return is_unknown or bool(children_of_kind(cr.metadata, resource, lookup))


def removal_in_progress(
    cr: NatsCluster, resource: ApiResource, condition: ConditionType, lookup: Lookup
) -> Integration | None:
    """The integration while its objects are being deleted: until then, the condition stays and the kind is watched."""
    if condition_of(cr.status, condition):
        lookup.serves(resource.reference)
    if not children_of_kind(cr.metadata, resource, lookup):
        return None
    return Integration(
        condition,
        Finding(
            "NotWanted", "The spec no longer uses this API; the operator deletes the objects that it created for it."
        ),
    )
