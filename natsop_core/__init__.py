"""natsop_core: pure functions from custom resources to Kubernetes objects, nats.conf and status.

Nothing here does I/O, reads a clock or keeps state: everything that a decision depends on is an argument, and the same
arguments give the same result. The names below are stable and change only with a major version; the names in other
modules may change at any time. Each is loaded on first use, so that importing the package is fast.

Offline, without an API server:

- `read(obj)`: a NatsCluster or NatsBox, or an InvalidResource that lists each Problem with its path.
- `inputs_at_hand(objects, now)`: inputs in which only these objects exist.
- `render(resource, inputs)`: the Kubernetes objects. `configuration(cluster, inputs)`: nats.conf and included files.
- `with_stand_ins(resource, inputs)`: inputs with placeholders for missing Secrets, for a review without the cluster.
- `changed_cluster(old, new)`: the rules that the API server would reject a change by.
- `plan_change(old, new, before=…, after=…)`: the objects after a change of a running resource, and what is refused.

In a reconcile loop, for each resource: call `plan_…` until the result is not `NotYet`, then `conclude_…`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.api.read import InvalidResource, Problem, changed_cluster, read_box, read_cluster
    from natsop_core.changes import PlannedChange, plan_change
    from natsop_core.conclude import conclude_box, conclude_cluster
    from natsop_core.crd import custom_resource_definitions
    from natsop_core.findings import Finding
    from natsop_core.inputs import Inputs, Settings
    from natsop_core.lookup import NotYet
    from natsop_core.offline import Configuration, Rendered, configuration, inputs_at_hand, read, render
    from natsop_core.plan import Plan, plan_box, plan_cluster
    from natsop_core.report import Report
    from natsop_core.stand_ins import with_stand_ins

__all__ = [
    "Configuration",
    "Finding",
    "Inputs",
    "InvalidResource",
    "NatsBox",
    "NatsCluster",
    "NotYet",
    "Plan",
    "PlannedChange",
    "Problem",
    "Rendered",
    "Report",
    "Settings",
    "changed_cluster",
    "conclude_box",
    "conclude_cluster",
    "configuration",
    "custom_resource_definitions",
    "inputs_at_hand",
    "plan_box",
    "plan_change",
    "plan_cluster",
    "read",
    "read_box",
    "read_cluster",
    "render",
    "with_stand_ins",
]

_MODULES: Final = {
    "natsop_core.api.natsbox": ("NatsBox",),
    "natsop_core.api.natscluster": ("NatsCluster",),
    "natsop_core.api.read": ("InvalidResource", "Problem", "changed_cluster", "read_box", "read_cluster"),
    "natsop_core.changes": ("PlannedChange", "plan_change"),
    "natsop_core.conclude": ("conclude_box", "conclude_cluster"),
    "natsop_core.crd": ("custom_resource_definitions",),
    "natsop_core.findings": ("Finding",),
    "natsop_core.inputs": ("Inputs", "Settings"),
    "natsop_core.lookup": ("NotYet",),
    "natsop_core.offline": ("Configuration", "Rendered", "configuration", "inputs_at_hand", "read", "render"),
    "natsop_core.plan": ("Plan", "plan_box", "plan_cluster"),
    "natsop_core.report": ("Report",),
    "natsop_core.stand_ins": ("with_stand_ins",),
}
_HOMES: Final = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'natsop_core' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
