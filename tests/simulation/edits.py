"""What people do to our objects in simulations: what they do in the tests on a real cluster, and a little more."""

from __future__ import annotations

from typing import Any, Final

from tests.cluster.edits import (
    ADDING,
    FORGOTTEN,
    TAKING,
    Edit,
    applied_by_another,
    deleted,
    merged,
    patched,
    removed,
    replaced,
)
from tests.testbed.client import Manifest

_BEYOND_THE_FAKE: Final = ("scaled", "box-scaled", "stateful-set-orphaned")
"""Edits through doors that the API server in memory does not have."""

_OF_INTEGRATIONS: Final[dict[str, Edit]] = {
    "monitor-selector": merged("PodMonitor", "-podmonitor", {"spec": {"selector": {"matchLabels": {"mine": "only"}}}}),
    "monitor-endpoints": merged("PodMonitor", "-podmonitor", {"spec": {"podMetricsEndpoints": []}}),
    "monitor-limit": merged("PodMonitor", "-podmonitor", {"spec": {"sampleLimit": 5}}),
    "monitor-deleted": deleted("PodMonitor", "-podmonitor"),
    "account-servers": merged("Account", "-app", {"spec": {"servers": ["nats://mine:4222"]}}),
    "account-without-creds": patched("Account", "-app", removed("/spec/creds")),
    "account-creds-by-apply": applied_by_another("Account", "-app", {"spec": {"creds": {"file": "mine"}}}),
    "account-with-tls": merged("Account", "-app", {"spec": {"tls": {"ca": "mine"}}}),
    "account-forgotten": merged("Account", "-app", FORGOTTEN),
    "account-deleted": deleted("Account", "-app"),
}
"""Edits of what only is there where others have installed its kind."""


def _reorder_containers(manifest: Manifest) -> None:
    """Another order, something of somebody else's in the middle, and a reason to apply it again."""
    pod = manifest["spec"]["template"]["spec"]
    pod["containers"].reverse()
    pod["containers"].insert(1, {"name": "mine", "image": "mine"})
    for container in pod["containers"]:
        _mix(container.get("env", []), {"name": "MINE", "value": "too"})
    pod["terminationGracePeriodSeconds"] = 1


def _reorder_ports(manifest: Manifest) -> None:
    """Likewise."""
    _mix(manifest["spec"]["ports"], {"name": "mine", "port": 9000})
    manifest["spec"]["selector"] = {"mine": "only"}


def _mix(items: list[Any], other: Manifest) -> None:
    items[:] = [*items[1:], *items[:1]]
    items.insert(1, other)


_OF_ORDER: Final[dict[str, Edit]] = {
    "containers-reordered": replaced("StatefulSet", "", _reorder_containers),
    "ports-reordered": replaced("Service", "-headless", _reorder_ports),
}
"""Edits of lists whose order is not ours alone."""

EDITS: Final[dict[str, Edit]] = {
    **_OF_INTEGRATIONS,
    **_OF_ORDER,
    **{name: edit for name, edit in TAKING.items() if name not in _BEYOND_THE_FAKE},
    **{f"add-{name}": edit for name, edit in ADDING.items() if name != "finalizer"},
}
