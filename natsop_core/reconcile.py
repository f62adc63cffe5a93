"""The interface to the runtime: for each kind of custom resource, the functions read, plan and conclude."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.api.read import read_box, read_cluster
from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.frozen import frozen
from natsop_core.kinds import BOXES, CLUSTERS, ApiResource
from natsop_core.plan import Plan, plan_box, plan_cluster

if TYPE_CHECKING:
    from natsop_core.inputs import Inputs
    from natsop_core.lookup import NotYet
    from natsop_core.outcomes import Outcomes
    from natsop_core.report import Report


@frozen
class ReconciledKind:
    """A kind that is reconciled. The runtime calls read, then plan until it returns a plan, then conclude.

    read: parses an object of the API server. Never raises; returns an InvalidResource for an invalid one.
    plan: returns the plan, or the references to fetch first; at most four times.
    conclude: returns the report, once each step of the plan has an outcome.
    """

    resource: ApiResource
    read: Callable[[Mapping[str, Any]], Any]
    plan: Callable[[Any, Inputs], Plan | NotYet]
    conclude: Callable[[Any, Inputs, Plan, Outcomes], Report]


RECONCILED: Final = (
    ReconciledKind(CLUSTERS, read_cluster, plan_cluster, conclude_cluster),
    ReconciledKind(BOXES, read_box, plan_box, conclude_box),
)
