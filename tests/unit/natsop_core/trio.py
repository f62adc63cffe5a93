"""Three servers, all that is made for them, and what they say of the configuration that they run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource
from natsop_core.conclude import conclude_cluster
from natsop_core.inputs import HttpAnswer, Inputs
from natsop_core.kinds import CONFIG_MAPS, SERVICES, STATEFUL_SETS
from natsop_core.outcomes import Outcomes
from natsop_core.plan import Plan
from natsop_core.report import Report
from tests.config_digests import config_digest
from tests.unit.natsop_core.world import Object, cluster, inputs, one_of, plan_of, pod, varz

NAMES: Final = ("c-0", "c-1", "c-2")
SERVERS: Final = tuple(pod(name, ip=f"10.0.0.{ordinal}") for ordinal, name in enumerate(NAMES))

CONFIG_MAP: Final = CONFIG_MAPS.key("prod", "c-config")
SERVICE: Final = SERVICES.key("prod", "c")
STATEFUL_SET: Final = STATEFUL_SETS.key("prod", "c")


def with_status(children: Iterable[Object], **changes: Any) -> tuple[Object, ...]:
    """The children, with these changes of the StatefulSet's status."""
    return tuple(
        {**each, "status": each["status"] | changes} if each["kind"] == "StatefulSet" else each for each in children
    )


def answers_of(children: Sequence[Object], *behind: str, digest: str = "", **fields: Any) -> dict[str, HttpAnswer]:
    """Every server runs the children's configuration, or one of that digest, save for those behind."""
    text = one_of(children, "ConfigMap")["data"]["nats.conf"]
    digests = {name: digest or config_digest(text, {"SERVER_NAME": f"'{name}'"}) for name in NAMES}
    digests |= dict.fromkeys(behind, "sha256:old")
    return {name: varz(version="2.12.6", config_digest=digests[name], **fields) for name in NAMES}


def conclude(cr: NatsCluster | InvalidResource, seen: Inputs, outcomes: Outcomes | None = None) -> Report:
    return conclude_cluster(cr, seen, plan_of(cr, seen), outcomes or {})


def report_of(
    spec: Object, *objects: Object, status: Object | None = None, outcomes: Outcomes | None = None, **others: Any
) -> Report:
    """The report of a NatsCluster with that spec and status. others: as of `world.inputs`."""
    cr = cluster(spec, status=status)
    return conclude(cr, inputs(cr, *objects, **others), outcomes)


def status_of(spec: Object, *objects: Object, **others: Any) -> Any:
    """The status in that report."""
    found = report_of(spec, *objects, **others).status
    assert found is not None
    return found


def plan_for(spec: Object, *objects: Object, **others: Any) -> Plan:
    """The plan of a NatsCluster with that spec, likewise."""
    cr = cluster(spec)
    return plan_of(cr, inputs(cr, *objects, **others))
