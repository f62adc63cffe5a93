"""When to reconcile again without a watch event: servers, kubelets and changed rights send no events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.conditions.condition import lasted
from natsop_core.decision import ClusterDecision
from natsop_core.inputs import Forbidden
from natsop_core.pod_problems import delays_until_problem
from natsop_core.servers import some_were_queried
from natsop_core.stuck_pods import delays_until_stuck

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.conditions.condition import Condition
    from natsop_core.decision import BoxDecision
    from natsop_core.inputs import Inputs

RELOAD_SECONDS: Final = 5.0
"""Polling interval of the servers while one runs an older configuration or has no routes."""

LONGEST_RELOAD_SECONDS: Final = 60.0
"""The same interval after ten minutes: a rejected reload does not succeed later."""

INSTALLATION_SECONDS: Final = 60.0
"""Interval of the checks whether the API server serves an optional kind."""

REMOVAL_SECONDS: Final = 60.0
"""Interval of the checks whether the servers still have accounts that were removed from the spec."""

PERMISSION_SECONDS: Final = 60.0
"""Retry interval for objects that the operator may not read: a granted right causes no event."""

REST_SECONDS: Final = 300.0
"""Polling interval of the servers while no change is in progress."""


def server_poll_delay(
    loaded: Condition, previous: Mapping[str, Any], *, unanswered: bool, apart: bool, now: datetime
) -> float:
    """Seconds until the servers are polled again. Not needed while there is none to poll: its pod's events will come.

    unanswered: a server did not answer; the delay is then the time for which this has been so. apart: a server has no
    routes; the delay is then, as for a server with an older configuration, a tenth of that time.
    """
    if loaded.status == "False" or apart:
        behind = max(
            lasted(loaded.type, "False", previous, now), lasted("Ready", "False", previous, now) if apart else 0.0
        )
        return min(LONGEST_RELOAD_SECONDS, max(RELOAD_SECONDS, behind / 10))
    if not unanswered:
        return REST_SECONDS
    return min(REST_SECONDS, max(RELOAD_SECONDS, lasted(loaded.type, "Unknown", previous, now)))


def idle_poll_delays(
    decision: ClusterDecision | BoxDecision, available: Condition, previous: Mapping[str, Any], now: datetime
) -> Iterator[float]:
    """Seconds until the servers are polled while nothing can or may be changed: whether they have a leader is in
    Available."""
    if isinstance(decision, ClusterDecision) and some_were_queried(decision.servers):
        yield server_poll_delay(available, previous, unanswered=False, apart=False, now=now)


def pod_check_delays(decision: ClusterDecision | BoxDecision, now: datetime) -> Iterator[float]:
    """Seconds until a pod that does not start counts as a problem or as stuck: only time passes until then.

    All else about pods comes with an event, so nothing is polled.
    """
    yield from delays_until_problem(decision.pods, now)
    if isinstance(decision, ClusterDecision) and decision.live is not None:
        yield from delays_until_stuck(decision.live, decision.pods, now)


def permission_retry_delays(inputs: Inputs) -> list[float]:
    """Seconds until objects that may not be read are requested again."""
    return [PERMISSION_SECONDS for found in inputs.found.values() if isinstance(found, Forbidden)]
