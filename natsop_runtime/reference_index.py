"""Which custom resource depends on which objects, so that a change enqueues exactly those that it may affect."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from natsop_core.references import ApiGroupRef, LabelledRef, ObjectKey

    Depended: TypeAlias = ObjectKey | LabelledRef | ApiGroupRef


class ReferenceIndex:
    """The objects, labels and kinds that the last reconciliation of each custom resource needed, existing or not."""

    def __init__(self) -> None:
        self._wanted: dict[ObjectKey, frozenset[Depended]] = {}
        self._wanted_by: defaultdict[Depended, set[ObjectKey]] = defaultdict(set)

    def dependents(self, changed: Depended) -> Iterable[ObjectKey]:
        """The custom resources that depend on the object, label or kind."""
        return self._wanted_by.get(changed, ())

    def add(self, custom_resource: ObjectKey, wanted: Iterable[Depended]) -> None:
        """Record further dependencies, before they are fetched, so that no change in between is missed."""
        self.replace(custom_resource, self._wanted.get(custom_resource, frozenset()).union(wanted))

    def replace(self, custom_resource: ObjectKey, wanted: Iterable[Depended]) -> None:
        """Replace the dependencies."""
        before, after = self._wanted.pop(custom_resource, frozenset()), frozenset(wanted)
        for key in after - before:
            self._wanted_by[key].add(custom_resource)
        for key in before - after:
            self._wanted_by[key].discard(custom_resource)
            if not self._wanted_by[key]:
                del self._wanted_by[key]
        if after:
            self._wanted[custom_resource] = after

    def forget(self, custom_resource: ObjectKey) -> None:
        """Forget a custom resource that is gone."""
        self.replace(custom_resource, ())
