"""Lookup: through it a decision asks for what it depends on, so that what it refers to is said in one place.

What was not fetched yet is noted and reads as absent for the moment. `settle` then ends the decision, before anybody
is told of it: the shell fetches what was noted, and the decision is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from natsop_core.inputs import Forbidden, HttpAnswer
from natsop_core.references import LabelledRef, ObjectRef

if TYPE_CHECKING:
    from datetime import datetime

    from natsop_core.inputs import Found, Inputs, Settings
    from natsop_core.live import Child
    from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, KeyReference, ListRef, ObjectKey, Reference


@dataclass(frozen=True, slots=True)
class NotYet:
    """In place of a decision: what has to be fetched before it can be made."""

    references: tuple[Reference, ...]


class NotYetError(Exception):
    """Ends a decision for which something was not fetched yet."""

    def __init__(self, references: tuple[Reference, ...]) -> None:
        super().__init__(f"not fetched yet: {', '.join(map(repr, references))}")
        self.references = references


class Lookup:
    """The inputs of one decision, as it asks for them."""

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
        """What the person who runs the operator chose."""
        return self._inputs.settings

    @property
    def entropy(self) -> bytes:
        """Random bytes, always the same in one decision."""
        return self._inputs.entropy

    @property
    def asked(self) -> tuple[Reference, ...]:
        """Every reference that was asked for so far, in that order."""
        return tuple(self._asked)

    @property
    def referred_keys(self) -> tuple[KeyReference, ...]:
        """The keys of Secrets and ConfigMaps among that, as the custom resource refers to them."""
        return tuple(self._referred)

    def settle(self) -> None:
        """Raise NotYetError if anything that was asked for was not fetched."""
        if self._inputs.is_complete:
            return
        if missing := tuple(each for each in self._asked if each not in self._inputs):
            raise NotYetError(missing)

    def object(self, key: ObjectKey) -> Mapping[str, Any] | Forbidden | None:
        """The object in full, why it may not be read, or None when it does not exist."""
        found = self._found(ObjectRef(key))
        return found if isinstance(found, Mapping | Forbidden) else None

    def referred(self, reference: KeyReference) -> Mapping[str, Any] | Forbidden | None:
        """The Secret or ConfigMap that a key is looked for in, likewise."""
        self._referred[reference] = None
        return self.object(reference.object.key)

    def readable(self, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object in full, or None when it does not exist or may not be read, where that makes no difference."""
        found = self.object(key)
        return found if isinstance(found, Mapping) else None

    def labelled(self, reference: LabelledRef) -> tuple[Mapping[str, Any], ...]:
        """The objects with a label of ours, in the order of their names."""
        found = self._found(reference)
        if found is None and self._inputs.is_complete:
            return self._inputs.labelled(reference)
        objects = (each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()
        return tuple(sorted(objects, key=_name))

    def listed(self, reference: ListRef) -> tuple[Mapping[str, Any], ...] | Forbidden:
        """The objects of a kind in a namespace, in the order of their names, or why they may not be listed."""
        found = self._found(reference)
        if isinstance(found, Forbidden):
            return found
        objects = (each for each in found if isinstance(each, Mapping)) if isinstance(found, tuple) else ()
        return tuple(sorted(objects, key=_name))

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """What the custom resource controls, in the order of the children's keys."""
        self._asked[reference] = None
        return self._inputs.children(reference)

    def serves(self, reference: ApiGroupRef) -> bool | Forbidden:
        """Whether the API server serves the kind, or why its objects may not be listed."""
        found = self._found(reference)
        return found if isinstance(found, Forbidden) else found is True

    def answer(self, reference: HttpRef) -> HttpAnswer | None:
        """What the pod answered, or None when it could not be asked."""
        found = self._found(reference)
        return found if isinstance(found, HttpAnswer) else None

    def _found(self, reference: Reference) -> Found:
        self._asked[reference] = None
        return self._inputs.found.get(reference)


def _name(obj: Mapping[str, Any]) -> str:
    return str(obj["metadata"]["name"])
