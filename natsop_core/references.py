"""References: the objects and answers that a decision needs, as plain hashable values.

The runtime calls plan, fetches the references in `NotYet` and calls plan again. It also keeps the references as
dependencies of the custom resource: a change of a referenced object triggers a reconcile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from natsop_core.frozen import frozen


@dataclass(frozen=True, slots=True, order=True)
class ObjectKey:
    """The identity of a namespaced Kubernetes object, without its UID."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@frozen
class ObjectRef:
    """One object, in full. Found: its dict, or None if it does not exist."""

    key: ObjectKey


ReferredKind: TypeAlias = Literal["Secret", "ConfigMap"]


@frozen
class KeyReference:
    """One key of an object that a custom resource refers to. field: the path of the reference, for messages."""

    kind: ReferredKind
    namespace: str
    name: str
    key: str
    field: str
    optional: bool = False

    @property
    def object(self) -> ObjectRef:
        """The reference to fetch."""
        return ObjectRef(ObjectKey("v1", self.kind, self.namespace, self.name))


@frozen
class LabelledRef:
    """All objects of a kind, in full, with this value of the label `nats.crewlet.cloud/cluster`. Found: a tuple."""

    api_version: str
    kind: str
    namespace: str
    value: str


@frozen
class ListRef:
    """All objects of a kind in a namespace, in full, listed now. Found: a tuple.

    Changes of these objects trigger no reconcile. The tuple is empty if the API server does not serve the kind.
    """

    api_version: str
    kind: str
    namespace: str


@frozen
class ChildrenRef:
    """All objects whose controller is the custom resource with this UID. Found: a tuple of `Child`."""

    namespace: str
    owner_uid: str


@frozen
class ApiGroupRef:
    """Whether the API server serves a kind, by discovery. Found: a bool, or why its objects cannot be listed."""

    api_version: str
    kind: str


@frozen
class HttpRef:
    """GET this path of one pod, over the pod network. Found: an `HttpAnswer`, or `Unreachable`."""

    pod: ObjectKey
    host: str
    port: int
    path: str
    scheme: str = "http"


Reference: TypeAlias = ObjectRef | LabelledRef | ListRef | ChildrenRef | ApiGroupRef | HttpRef
