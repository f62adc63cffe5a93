"""Actions: what a plan asks for that is neither an apply nor the pruning of a child, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from natsop_core.names import CLUSTER_KIND
from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Annotate:
    """Set these annotations on the very object with this UID, which others own; nothing else of it is touched."""

    key: ObjectKey
    uid: str
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the very object with this UID."""

    key: ObjectKey
    uid: str


@dataclass(frozen=True, slots=True)
class SetFinalizers:
    """Give the very object with this UID these finalizers and no others, unless it has another version by now."""

    key: ObjectKey
    uid: str
    version: str
    finalizers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks a server: by a .creds file (its text), by an nkey, or by user and password. All empty: anonymous."""

    creds: str = field(default="", repr=False)
    nkey_seed: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, order=True)
class RequestKey:
    """The identity of a request to the servers of a NatsCluster.

    name: what is requested, as an instruction that people read: "push the claims of account orders".
    """

    namespace: str
    cluster: str
    name: str

    def __str__(self) -> str:
        return f"{CLUSTER_KIND} {self.namespace}/{self.cluster}: {self.name}"


@dataclass(frozen=True, slots=True)
class RequestTls:
    """How a server proves who it is: the name in its certificate, and the CAs in PEM (none: those of the system)."""

    server_name: str
    ca: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """Send these bytes to this subject, and wait for one answer.

    servers: the URLs of pods; the first that can be reached is used. tls: None for a plain connection.
    """

    key: RequestKey
    servers: tuple[str, ...]
    subject: str
    payload: bytes = field(default=b"", repr=False)
    credentials: Credentials = Credentials()
    tls: RequestTls | None = None


StepKey: TypeAlias = ObjectKey | RequestKey
"""The identity of a step of a plan: the object that it is about, or the request."""

Action: TypeAlias = Annotate | Delete | SetFinalizers | Request
