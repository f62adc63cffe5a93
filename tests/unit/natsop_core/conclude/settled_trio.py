"""A cluster of three servers that is as it should be, and the report of what became of one step for it."""

from __future__ import annotations

from typing import Any

from natsop_core.api.natscluster import NatsCluster
from natsop_core.inputs import Inputs
from natsop_core.outcomes import Outcome
from natsop_core.report import Report
from tests.unit.natsop_core.trio import SERVERS, answers_of, conclude, with_status
from tests.unit.natsop_core.world import Object, cluster, inputs, live_children

SPEC: Object = {"replicas": 3}
TRIO = cluster(SPEC)
CHILDREN = live_children(TRIO)


def answers(*behind: str) -> dict[str, Any]:
    """Every server runs the current configuration, save for those behind."""
    return answers_of(CHILDREN, *behind)


def settled(cr: NatsCluster, **changes: Any) -> Inputs:
    """The trio's children and servers, all as they should be, except for the StatefulSet's status."""
    return inputs(cr, *with_status(CHILDREN, **changes), *SERVERS, answers=answers())


def outcome(key: Any, found: Outcome) -> Report:
    return conclude(TRIO, settled(TRIO), {key: found})
