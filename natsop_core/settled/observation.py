"""What one server reports about itself and its streams, as typed values (nats-server monitor.go: Healthz, Jsz, Routez).

A field is None if the server did not report it, or reported something else than it should: nothing is assumed instead.
"""

from __future__ import annotations

from datetime import datetime

from natsop_core.frozen import frozen


@frozen
class Member:
    """Another member of a Raft group, as the reporting server knows it. Only the leader's knowledge is complete.

    is_current: it has everything that the reporting server has. silence: seconds since it was last heard.
    lag: the number of operations that it is behind. is_joining: it is about to join or to leave (nats-server 2.15).
    """

    name: str
    is_current: bool
    is_offline: bool
    is_joining: bool
    silence: float | None
    lag: int | None


@frozen
class Group:
    """A Raft group. leader: empty if the reporting server knows none. others: its members but the reporting server.

    is_moving: it is being moved to other servers (nats-server 2.15).
    """

    leader: str
    others: tuple[Member, ...]
    is_moving: bool


@frozen
class MetaGroup:
    """The JetStream meta group, to which all servers with JetStream belong. size: the number of its members."""

    group: Group
    size: int | None


@frozen
class Consumer:
    """A consumer. replicas: the number of members that its group should have."""

    name: str
    replicas: int | None
    group: Group | None


@frozen
class Stream:
    """A stream, as far as the reporting server stores it.

    account: its name. account_id: unique, as several accounts may have the same name (JWT name tags).
    replicas: the number of members that its group should have. group: None without clustering.
    last_sequence: of the last message that the reporting server has stored.
    """

    account: str
    account_id: str
    name: str
    replicas: int | None
    messages: int
    bytes: int
    consumer_count: int
    last_sequence: int | None
    group: Group | None
    consumers: tuple[Consumer, ...]


@frozen
class JetStream:
    """JetStream on one server. storage, max_storage: bytes on disk.

    meta: None without clustering. is_complete: `streams` has every stream that the server counts.
    """

    is_enabled: bool
    storage: int | None
    max_storage: int | None
    meta: MetaGroup | None
    streams: tuple[Stream, ...]
    is_complete: bool


@frozen
class Observation:
    """The answers of one server.

    pod: its name. name: the name that other servers use for this one. revision: that of the pod's template.
    silence: why the server did not answer; empty if it did. health: why it is unhealthy; empty if it is healthy.
    at: the time of its answer, by its own clock. jetstream: None if it could not be read.
    peers: the names of the servers to which it has routes; None if it was not asked.
    """

    pod: str
    revision: str = ""
    silence: str = ""
    name: str | None = None
    health: str | None = None
    at: datetime | None = None
    jetstream: JetStream | None = None
    peers: frozenset[str] | None = None
