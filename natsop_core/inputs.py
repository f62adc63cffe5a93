"""Inputs: everything that a decision needs, as plain values that the shell has fetched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

from natsop_core.live import Child
from natsop_core.references import (
    ApiGroupRef,
    ChildrenRef,
    HttpRef,
    ObjectKey,
    ObjectMetadataRef,
    ObjectRef,
    Reference,
)

_MANY_OBJECTS: Final = 300
_LONG_TEXTS: Final = 20_000
"""Characters of Secrets and ConfigMaps, which may all be nats.conf: it is read at one to five µs each."""

R = TypeVar("R")
D = TypeVar("D")


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
    | HttpAnswer | Unreachable  # HttpRef
    | Mapping[str, Any] | Forbidden | None  # ObjectRef, ObjectMetadataRef
)  # fmt: skip


@dataclass(frozen=True)
class Inputs:
    """What was fetched, by reference, with the operator's settings and the time of the decision (UTC).

    A test of a whole decision is one dict. What was found may hold a Secret, so `repr` shows the references only.
    """

    now: datetime
    found: Mapping[Reference, Found] = field(default_factory=dict, repr=False)
    settings: Settings = Settings()
    _decided: dict[object, tuple[object, Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __contains__(self, reference: Reference) -> bool:
        return reference in self.found

    def __repr__(self) -> str:
        return f"Inputs(now={self.now!r}, found={sorted(map(repr, self.found))}, settings={self.settings!r})"

    def once(self, decide: Callable[[R, Inputs], D], resource: R) -> D:
        """What a pure function makes of the resource and these inputs: always the same, so it is called only once."""
        decided_for, decision = self._decided.get(decide, (None, None))
        if decided_for is not resource:
            decision = decide(resource, self)
            self._decided[decide] = resource, decision
        return cast("D", decision)

    @property
    def is_heavy(self) -> bool:
        """Whether to decide about it takes so long (over 50 ms) that nobody else should have to wait for it."""
        objects = (found for reference, found in self.found.items() if isinstance(reference, ObjectRef))
        texts = (
            value for found in objects if isinstance(found, Mapping) for value in (found.get("data") or {}).values()
        )
        return len(self.found) > _MANY_OBJECTS or sum(map(len, texts)) > _LONG_TEXTS

    def object(self, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object in full, or None when it does not exist, may not be read or was not fetched yet."""
        found = self.found.get(ObjectRef(key))
        return found if isinstance(found, Mapping) else None

    def metadata(self, key: ObjectKey) -> Mapping[str, Any] | None:
        """The object's metadata, or None when it does not exist, may not be read or was not fetched yet."""
        found = self.found.get(ObjectMetadataRef(key))
        return found if isinstance(found, Mapping) else None

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """What the custom resource controls, in the order of the children's keys."""
        found = self.found.get(reference)
        return tuple(sorted(found, key=lambda child: child.key)) if isinstance(found, tuple) else ()

    def serves(self, reference: ApiGroupRef) -> bool:
        """Whether the API server serves the kind."""
        return self.found.get(reference) is True

    def forbidden(self, reference: Reference) -> Forbidden | None:
        """Why it may not be read, when that is so."""
        found = self.found.get(reference)
        return found if isinstance(found, Forbidden) else None

    def answer(self, reference: HttpRef) -> HttpAnswer | None:
        """What the pod answered, or None when it could not be asked."""
        found = self.found.get(reference)
        return found if isinstance(found, HttpAnswer) else None
