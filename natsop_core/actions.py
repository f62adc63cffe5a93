"""Actions: the steps of a plan other than applying and pruning children, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from natsop_core.frozen import frozen
from natsop_core.names import CLUSTER_KIND
from natsop_core.references import ObjectKey


@frozen
class Annotate:
    """Set these annotations on the object with this UID, which belongs to others. Nothing else in it changes."""

    key: ObjectKey
    uid: str
    annotations: Mapping[str, str]


@frozen
class Delete:
    """Delete the object with this UID."""

    key: ObjectKey
    uid: str


@frozen
class SetFinalizers:
    """Replace the finalizers of the object with this UID, unless its version has changed."""

    key: ObjectKey
    uid: str
    version: str
    finalizers: tuple[str, ...]


@frozen
class Credentials:
    """Credentials for a server: the text of a .creds file, an nkey, or user and password. All empty: anonymous."""

    creds: str = field(default="", repr=False)
    nkey_seed: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, order=True)
class RequestKey:
    """The identity of a request to the servers of a NatsCluster.

    name: the request as an instruction for people: "push the claims of account orders".
    """

    namespace: str
    cluster: str
    name: str

    def __str__(self) -> str:
        return f"{CLUSTER_KIND} {self.namespace}/{self.cluster}: {self.name}"


@frozen
class RequestTls:
    """How to verify a server: the name in its certificate, and the CAs in PEM (empty: those of the system)."""

    server_name: str
    ca: bytes = field(default=b"", repr=False)


@frozen
class Request:
    """Send these bytes to this subject, and wait for one answer.

    servers: the URLs of pods; the first that can be reached is used. tls: None for a connection without TLS.
    """

    key: RequestKey
    servers: tuple[str, ...]
    subject: str
    payload: bytes = field(default=b"", repr=False)
    credentials: Credentials = Credentials()
    tls: RequestTls | None = None


StepKey: TypeAlias = ObjectKey | RequestKey
"""The identity of a step of a plan: its object or its request."""

Action: TypeAlias = Annotate | Delete | SetFinalizers | Request
