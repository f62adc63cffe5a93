"""References: what a decision needs fetched, as plain hashable values.

The shell fetches what `missing` names and asks again, until nothing is missing. It may also keep a reference as
"this custom resource depends on that": a change of the thing referred to then wakes the custom resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """The identity of a namespaced Kubernetes object, before it has a UID."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One object, in full. Found: its dict, or None when it does not exist."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class ObjectMetadataRef:
    """One object's metadata, without its content. Found: the metadata's dict, or None when it does not exist."""

    key: ObjectKey


@dataclass(frozen=True, slots=True)
class ChildrenRef:
    """Every object whose controller is the custom resource with this UID. Found: a tuple of `Child`."""

    namespace: str
    owner_uid: str


@dataclass(frozen=True, slots=True)
class ApiGroupRef:
    """Whether the API server serves a kind, as discovery says. Found: a bool, or why its objects cannot be listed."""

    api_version: str
    kind: str


@dataclass(frozen=True, slots=True)
class HttpRef:
    """GET this path of one pod, over the pod network. Found: an `HttpAnswer`, or `Unreachable`."""

    pod: ObjectKey
    host: str
    port: int
    path: str
    scheme: str = "http"


Reference: TypeAlias = ObjectRef | ObjectMetadataRef | ChildrenRef | ApiGroupRef | HttpRef
