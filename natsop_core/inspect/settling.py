"""Whether a cluster is settled, for `natsop status` and `doctor`: looks at its servers once or twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from natsop_core import names
from natsop_core.inspect.server_state import server_state
from natsop_core.settled import look, settled
from natsop_core.stuck_pods import status_revision
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from natsop_core.inspect.target import Target
    from natsop_core.inspect.view import Object, View
    from natsop_core.settled import Observation

MOST_REASONS: Final = 3


def settling(
    target: Target, workload: Object | None, pods: Sequence[Object], observations: Sequence[Observation], view: View
) -> dict[str, Any]:
    """Whether the cluster is settled, and why not; None if the workload cannot be read, or no server be queried."""
    if not target.is_cluster or workload is None or all(each.silence for each in observations):
        return {"settled": None, "unsettled": []}
    revision = status_revision(workload.get("status", {}))
    replicas = workload.get("spec", {}).get("replicas", 0)
    expected = {names.pod(target.name, ordinal): revision for ordinal in range(replicas)}
    found = look(observations, expected)
    if not found:
        later = [server_state(pod, view, again=True).observation for pod in pods]
        found = settled(later, expected, observations)
    return {"settled": not found, "unsettled": [each.as_dict() for each in found]}


def first_reasons(found: Mapping[str, Any]) -> str:
    """Why the cluster is not settled, in one line; `found` has what `settling` returned."""
    return some_of([each["message"] for each in found["unsettled"]], MOST_REASONS, separator="; ")
