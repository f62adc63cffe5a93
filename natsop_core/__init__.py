"""natsop_core: pure functions from custom resources to Kubernetes objects, nats.conf and status.

Nothing here does I/O, reads a clock or keeps state: everything that a decision depends on is an argument, and the same
arguments give the same result. The names below are stable: they change with a major version only; what other modules
hold may change at any time. They are loaded when they are first used, so that importing the package costs nothing.

Offline, where files are all there is:

- `read(obj)`: a NatsCluster or NatsBox, or an InvalidResource that lists each Problem by its path.
- `inputs_at_hand(objects, now)`: the world that consists of these objects.
- `render(resource, inputs)`: the Kubernetes objects. `configuration(cluster, inputs)`: nats.conf and what it includes.
- `with_stand_ins(resource, inputs)`: for review, where Secrets are only in the cluster.
- `changed_cluster(old, new)`: what an API server says of a change.
- `plan_change(old, new, before=…, after=…)`: what becomes of a change where the old one runs, and what is refused.

In a reconcile loop, for each resource: `plan_…` until it is no `NotYet`, then `conclude_…`.
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
