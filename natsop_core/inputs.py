"""Inputs: everything that a decision needs, as plain values that the shell has fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from natsop_core.live import Child
from natsop_core.names import CLUSTER_LABEL
from natsop_core.references import ChildrenRef, LabelledRef, ObjectRef, Reference

_MANY_OBJECTS: Final = 300
_TEXTS: Final = ("data", "binaryData", "stringData")
LONG_TEXTS: Final = 10_000
"""Characters of Secrets and ConfigMaps, which may all be nats.conf: it is read at one to five µs each."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a pod answered: the HTTP status and the body."""

    status: int
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A pod that gave no answer. It says nothing about the pod's state: the network between us may be at fault."""

    reason: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """An object that we may not read, or a kind that we may not list, in the API server's words."""

    message: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person who runs the operator chose and a plan depends on.

    nack_integration: whether NACK gets Accounts. auto: where it is installed; enabled: it has to be; disabled: never.
    """

    nack_integration: Literal["auto", "enabled", "disabled"] = "auto"


Found: TypeAlias = (
    bool | Forbidden  # ApiGroupRef
    | tuple[Child, ...]  # ChildrenRef
    | tuple[Mapping[str, Any], ...]  # LabelledRef, ListRef (or Forbidden)
    | HttpAnswer | Unreachable  # HttpRef
    | Mapping[str, Any] | Forbidden | None  # ObjectRef
)  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What was fetched, by reference, with the operator's settings and the time of the decision (UTC).

    entropy: random bytes, for a secret that is made once and kept.
    is_complete: what is not in `found` does not exist, as when files are all there is.
    A test of a whole decision is one dict. What was found may hold a Secret, so `repr` shows the references only.
    """

    now: datetime
    found: Mapping[Reference, Found] = field(default_factory=dict, repr=False)
    settings: Settings = Settings()
    entropy: bytes = field(default=b"", repr=False)
    is_complete: bool = False

    def __contains__(self, reference: Reference) -> bool:
        return reference in self.found

    def __repr__(self) -> str:
        return f"Inputs(now={self.now!r}, found={sorted(map(repr, self.found))}, settings={self.settings!r})"

    @property
    def is_heavy(self) -> bool:
        """Whether to decide about it takes so long (over 50 ms) that nobody else should have to wait for it."""
        objects = (found for reference, found in self.found.items() if isinstance(reference, ObjectRef))
        fields = ((found.get(field) or {}) for found in objects if isinstance(found, Mapping) for field in _TEXTS)
        texts = (value for field in fields for value in field.values())
        many = sum(len(found) if isinstance(found, tuple) else 1 for found in self.found.values()) > _MANY_OBJECTS
        return many or sum(map(len, texts)) > LONG_TEXTS

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """What the custom resource controls, in the order of the children's keys."""
        found = self.found.get(reference)
        children = (each for each in found if isinstance(each, Child)) if isinstance(found, tuple) else ()
        return tuple(sorted(children, key=lambda child: child.key))

    def labelled(self, reference: LabelledRef) -> tuple[Mapping[str, Any], ...]:
        """The objects with a label of ours among those that were found one by one, in the order of their names."""
        by_key = {ref.key: found for ref, found in self.found.items() if isinstance(ref, ObjectRef)}
        wanted = (reference.api_version, reference.kind, reference.namespace)
        return tuple(
            each
            for key, each in sorted(by_key.items(), key=lambda item: item[0])
            if (key.api_version, key.kind, key.namespace) == wanted
            and isinstance(each, Mapping)
            and each["metadata"].get("labels", {}).get(CLUSTER_LABEL) == reference.value
        )
