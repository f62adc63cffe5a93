"""Lookup: gives a decision access to its inputs, and records the references that it needs.

A reference that was not fetched yet is recorded and reads as absent. `settle` then ends the decision before it has any
effect: the runtime fetches the recorded references and repeats the decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from natsop_core.frozen import frozen
from natsop_core.inputs import Forbidden, HttpAnswer
from natsop_core.references import LabelledRef, ObjectRef

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.inputs import Found, Inputs, Settings
    from natsop_core.live import Child
    from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, KeyReference, ListRef, ObjectKey, Reference


@frozen
class NotYet:
    """Returned instead of a decision: the references to fetch first."""

    references: tuple[Reference, ...]


class NotYetError(Exception):
    """Ends a decision that needs references which were not fetched yet."""

    def __init__(self, references: tuple[Reference, ...]) -> None:
        super().__init__(f"not fetched yet: {', '.join(map(repr, references))}")
        self.references = references


class Lookup:
    """Access to the inputs of one decision."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._asked: dict[Reference, None] = {}
        self._referred: dict[KeyReference, None] = {}

    @property
    def now(self) -> datetime:
        """The time of the decision (UTC)."""
        return self._inputs.now

    @property
    def settings(self) -> Settings:
        """The settings of the operator."""
        return self._inputs.settings

    @property
    def entropy(self) -> bytes:
        """Random bytes, the same throughout one decision."""
        return self._inputs.entropy

    @property
    def asked(self) -> tuple[Reference, ...]:
        """All references that were requested so far, in order."""
        return tuple(self._asked)

    @property
    def referred_keys(self) -> tuple[KeyReference, ...]:
        """The requested keys of Secrets and ConfigMaps, as the custom resource refers to them."""
        return tuple(self._referred)

    def settle(self) -> None:
        """Raise NotYetError if a requested reference was not fetched."""
        if self._inputs.is_complete:
            return
        if missing := tuple(each for each in self._asked if each not in self._inputs):
            raise NotYetError(missing)

    def object(self, key: ObjectKey) -> Mapping[str, Any] | Forbidden | None:
        """The object in full; Forbidden if it may not be read; None if it does not exist."""
        found = self._found(ObjectRef(key))
        return found if isinstance(found, Mapping | Forbidden) else None

    def referred(self, reference: KeyReference) -> Mapping[str, Any] | Forbidden | None:
        """The Secret or ConfigMap of a key, likewise."""
        self._referred[reference] = None
        return self.object(reference.object.key)

    def readable(self, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object in full; None if it does not exist or may not be read, for callers that treat both alike."""
        found = self.object(key)
        return found if isinstance(found, Mapping) else None

    def labelled(self, reference: LabelledRef) -> tuple[Mapping[str, Any], ...]:
        """The objects with the cluster label, by name."""
        found = self._found(reference)
        if found is None and self._inputs.is_complete:
            return self._inputs.labelled(reference)
        objects = (each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()
        return tuple(sorted(objects, key=_name))

    def listed(self, reference: ListRef) -> tuple[Mapping[str, Any], ...] | Forbidden:
        """The objects of a kind in a namespace, by name; Forbidden if they may not be listed."""
        found = self._found(reference)
        if isinstance(found, Forbidden):
            return found
        objects = (each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()
        return tuple(sorted(objects, key=_name))

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """The objects that the custom resource controls, by key."""
        self._asked[reference] = None
        return self._inputs.children(reference)

    def serves(self, reference: ApiGroupRef) -> bool | Forbidden:
        """Whether the API server serves the kind; Forbidden if its objects may not be listed."""
        found = self._found(reference)
        return found if isinstance(found, Forbidden) else found is True

    def answer(self, reference: HttpRef) -> HttpAnswer | None:
        """The answer of the pod; None if it could not be reached."""
        found = self._found(reference)
        return found if isinstance(found, HttpAnswer) else None

    def _found(self, reference: Reference) -> Found:
        self._asked[reference] = None
        return self._inputs.found.get(reference)


def _name(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["name"])
