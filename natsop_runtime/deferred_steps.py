"""Which steps of a plan come last: those that took long and failed, so that the others get their turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from natsop_core.outcomes import Applied, Failed, Outcome, Unchanged

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey

LONG: Final = 1.0
"""Seconds that a failing step may take and still keep its place the next time."""

NOT_TRIED: Final = Failed("not tried yet: earlier steps took too long", 1.0)


class Try(NamedTuple):
    """The outcome of a step, and how many seconds it took."""

    outcome: Outcome
    seconds: float


class DeferredSteps:
    """Remembers, for each custom resource, the steps that took long and failed. Quick failures delay nobody."""

    def __init__(self) -> None:
        self._deferred: dict[ObjectKey, tuple[ObjectKey, ...]] = {}  # by custom resource; none is empty

    def order(
        self, custom_resource: ObjectKey, steps: Sequence[ObjectKey], after: Mapping[ObjectKey, Sequence[ObjectKey]]
    ) -> list[ObjectKey]:
        """The steps in the order of execution: a step that depends on a deferred one comes after it."""
        late = [key for key in self._deferred.get(custom_resource, ()) if key in steps]
        for key in steps:
            if any(first in late for first in after.get(key, ())):
                late.append(key)
        ordered: dict[ObjectKey, None] = {}
        for key in (*(key for key in steps if key not in late), *late):
            _add(key, ordered, steps, after)
        return list(ordered)

    def note(self, custom_resource: ObjectKey, tries: Mapping[ObjectKey, Try]) -> None:
        """Record the outcomes of the steps."""
        before = self._deferred.pop(custom_resource, ())
        waiting = [key for key in before if key in tries and tries[key].outcome is NOT_TRIED]
        if deferred := (*waiting, *_in_vain(tries)):
            self._deferred[custom_resource] = deferred

    def forget(self, custom_resource: ObjectKey) -> None:
        """Forget a custom resource that is gone."""
        self._deferred.pop(custom_resource, None)


def _add(
    key: ObjectKey,
    ordered: dict[ObjectKey, None],
    steps: Sequence[ObjectKey],
    after: Mapping[ObjectKey, Sequence[ObjectKey]],
) -> None:
    """Add a step after those that it depends on, unless it was added before."""
    if key in ordered:
        return
    for first in after.get(key, ()):
        if first in steps:
            _add(first, ordered, steps, after)
    ordered[key] = None


def _in_vain(tries: Mapping[ObjectKey, Try]) -> Iterator[ObjectKey]:
    return (
        key
        for key, (outcome, seconds) in tries.items()
        if seconds > LONG and not isinstance(outcome, Applied | Unchanged)
    )
