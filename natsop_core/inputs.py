"""Inputs: everything that a decision needs, as plain values that the runtime has fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from natsop_core.frozen import frozen
from natsop_core.live import Child
from natsop_core.names import CLUSTER_LABEL
from natsop_core.references import ChildrenRef, LabelledRef, ObjectRef, Reference

_MANY_OBJECTS: Final = 300
_TEXTS: Final = ("data", "binaryData", "stringData")
LONG_TEXTS: Final = 10_000
"""Characters of Secrets and ConfigMaps. All of them may be nats.conf, which takes one to five µs per character."""


@frozen
class HttpAnswer:
    """The HTTP answer of a pod: status and body."""

    status: int
    body: bytes = field(repr=False)


@frozen
class Unreachable:
    """A pod did not answer. This says nothing about its state: the network between it and the operator may be down."""

    reason: str


@frozen
class Forbidden:
    """The operator may not read an object or list a kind. message: that of the API server."""

    message: str


@frozen
class Settings:
    """Settings of the operator that a plan depends on.

    nack_integration: whether to create NACK Accounts. auto: if NACK is installed; enabled: always, and NACK must be
    installed; disabled: never.
    """

    nack_integration: Literal["auto", "enabled", "disabled"] = "auto"


Found: TypeAlias = (
    bool | Forbidden  # ApiGroupRef
    | tuple[Child, ...]  # ChildrenRef
    | tuple[Mapping[str, Any], ...]  # LabelledRef, ListRef (or Forbidden)
    | HttpAnswer | Unreachable  # HttpRef
    | Mapping[str, Any] | Forbidden | None  # ObjectRef
)  # fmt: skip


@frozen
class Inputs:
    """The fetched values by reference, the settings of the operator, and the time of the decision (UTC).

    entropy: random bytes, for a secret that is generated once and kept.
    is_complete: objects that are not in `found` do not exist, for instance when rendering files.
    `found` may contain Secrets, so `repr` shows only the references.
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
        """Whether the decision may take longer than 50 ms, so that it should not block the event loop."""
        objects = (found for reference, found in self.found.items() if isinstance(reference, ObjectRef))
        fields = ((found.get(field) or {}) for found in objects if isinstance(found, Mapping) for field in _TEXTS)
        texts = (value for field in fields for value in field.values())
        many = sum(len(found) if isinstance(found, tuple) else 1 for found in self.found.values()) > _MANY_OBJECTS
        return many or sum(map(len, texts)) > LONG_TEXTS

    def children(self, reference: ChildrenRef) -> tuple[Child, ...]:
        """The objects that the custom resource controls, by key."""
        found = self.found.get(reference)
        children = (each for each in found if isinstance(each, Child)) if isinstance(found, tuple) else ()
        return tuple(sorted(children, key=lambda child: child.key))

    def labelled(self, reference: LabelledRef) -> tuple[Mapping[str, Any], ...]:
        """The objects with the cluster label among those that were fetched individually, by name."""
        by_key = {ref.key: found for ref, found in self.found.items() if isinstance(ref, ObjectRef)}
        wanted = (reference.api_version, reference.kind, reference.namespace)
        return tuple(
            each
            for key, each in sorted(by_key.items(), key=lambda item: item[0])
            if (key.api_version, key.kind, key.namespace) == wanted
            and isinstance(each, Mapping)
            and each["metadata"].get("labels", {}).get(CLUSTER_LABEL) == reference.value
        )
