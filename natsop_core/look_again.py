"""When to look again though no change was seen: what servers, kubelets and other people do is told by nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.conditions.condition import lasted
from natsop_core.inputs import Forbidden
from natsop_core.pod_problems import look_again_after

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.conditions.condition import Condition
    from natsop_core.inputs import Inputs

RELOAD_SECONDS: Final = 5.0
"""How soon the servers are asked again while one still runs an older configuration, or is without the others."""

LONGEST_RELOAD_SECONDS: Final = 60.0
"""The same when that has been so for ten minutes: a rejected reload does not succeed later."""

INSTALLATION_SECONDS: Final = 60.0
"""How soon the API server is asked again whether it serves what others have to install."""

REMOVAL_SECONDS: Final = 60.0
"""How soon the servers are asked again whether they still have accounts that were removed from the spec."""

PERMISSION_SECONDS: Final = 60.0
"""How soon the API server is asked again for what we may not read: nobody tells us of a right that is granted."""

UNSETTLED_SECONDS: Final = 60.0
"""How soon pods are looked at again that are not all ready: one of them may have become stuck."""

REST_SECONDS: Final = 300.0
"""How soon the servers are asked again while nothing is under way."""


def asks_again(loaded: Condition, previous: Mapping[str, Any], *, in_vain: bool, apart: bool, now: datetime) -> float:
    """When to ask the servers again, in seconds: one that did not answer, after as long as that has been so already.

    One that is behind or without the others, after a tenth of that: it may change at any moment.
    """
    if loaded.status == "False" or apart:
        behind = max(
            lasted(loaded.type, "False", previous, now), lasted("Ready", "False", previous, now) if apart else 0.0
        )
        return min(LONGEST_RELOAD_SECONDS, max(RELOAD_SECONDS, behind / 10))
    if not in_vain:
        return REST_SECONDS
    return min(REST_SECONDS, max(RELOAD_SECONDS, lasted(loaded.type, "Unknown", previous, now)))


def looks_at_pods(pods: Iterable[Mapping[str, Any]], now: datetime, *, is_settled: bool) -> Iterator[float]:
    """When a pod that does not start yet may have become a problem, in seconds."""
    if not is_settled:
        yield UNSETTLED_SECONDS
        yield from look_again_after(pods, now)


def rereads(inputs: Inputs) -> list[float]:
    """When to ask again for what may not be read."""
    return [PERMISSION_SECONDS for found in inputs.found.values() if isinstance(found, Forbidden)]
