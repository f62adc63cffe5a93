"""Reads the answers of one server. Any program may listen at a pod's address, so nothing is taken for granted.

Traps, seen on nats-server 2.10.26, 2.12.6 and 2.15.2:

- `offline`, `lag`, `replicas`, `leader` and `stream_detail` are absent when they are false, zero or empty.
- `active` is in nanoseconds, and 0 for a member that was never heard; such a member is not `current`.
- Only the meta leader lists the other members in `meta_cluster` (2.15: all servers do).
- `num_replicas` of a consumer is 0 when it follows the stream's; one without a durable name has one replica, unless its
  stream has the retention policy interest or workqueue (nats-server consumer.go, ConsumerConfig.replicas).
- /jsz lists 1,024 accounts unless `limit` is larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.servers import as_object, read_answer
from natsop_core.settled.observation import Consumer, Group, JetStream, Member, MetaGroup, Observation, Stream
from natsop_core.times import moment

HEALTH: Final = "/healthz"
VARIABLES: Final = "/varz"
JETSTREAM: Final = "/jsz?accounts=true&streams=true&consumers=true&config=true&limit=65536"
ROUTES: Final = "/routez"
"""Needed only for servers without JetStream: for the others, the meta group shows who is connected."""

_NANOSECOND: Final = 1e-9
_TOO_LARGE: Final = 2**64

_Json: TypeAlias = Mapping[str, Any]
Reply: TypeAlias = HttpAnswer | Unreachable | None


def observe(
    pod: str, health: Reply, variables: Reply, jetstream: Reply, routes: Reply = None, *, revision: str = ""
) -> Observation:
    """The observation of a server whose answers are these; None: there is no answer."""
    for reply in (health, variables, jetstream):
        if not isinstance(reply, HttpAnswer):
            return Observation(
                pod, revision, reply.reason if reply else "The pod is not running, or monitoring is disabled."
            )
    jsz = _body(jetstream)
    return Observation(
        pod,
        revision,
        name=_text(_body(variables), "server_name"),
        health=_health(health),
        at=moment(_text(jsz, "now")),
        jetstream=_jetstream(jsz) if _text(jsz, "server_id") else None,
        peers=_peers(_body(routes)) if routes else None,
    )


def _body(reply: Reply) -> _Json:
    return read_answer(reply.body) if isinstance(reply, HttpAnswer) and reply.status == 200 else {}


def _health(reply: Reply) -> str | None:
    if not isinstance(reply, HttpAnswer):
        return None
    said = as_object(reply.body) or {}
    if reply.status == 200:
        return "" if said.get("status") == "ok" else None
    return _text(said, "error") or f"HTTP status {reply.status}"


def _peers(routez: _Json) -> frozenset[str]:
    return frozenset(name for each in _objects(routez.get("routes")) if (name := _text(each, "remote_name")))


def _jetstream(jsz: _Json) -> JetStream:
    config, meta = _object(jsz, "config"), _object(jsz, "meta_cluster")
    accounts = list(_objects(jsz.get("account_details")))
    streams = tuple(stream for account in accounts for stream in _streams(account))
    counted = _count(jsz, "accounts"), _count(jsz, "streams")
    group = _group(meta) if meta is not None else None
    return JetStream(
        is_enabled=jsz.get("disabled") is not True,
        storage=_count(jsz, "storage"),
        max_storage=_count(config or {}, "max_storage"),
        meta=MetaGroup(group, _count(meta or {}, "cluster_size")) if group is not None else None,
        streams=streams,
        is_complete=counted == (len(accounts), len(streams)),
    )


def _streams(account: _Json) -> Iterator[Stream]:
    name, unique = _text(account, "name") or "", _text(account, "id") or ""
    for each in _objects(account.get("stream_detail")):
        config, state = _object(each, "config") or {}, _object(each, "state") or {}
        replicas = _count(config, "num_replicas")
        yield Stream(
            account=name,
            account_id=unique or name,
            name=_text(each, "name") or "",
            replicas=replicas,
            messages=_count(state, "messages") or 0,
            bytes=_count(state, "bytes") or 0,
            consumer_count=_count(state, "consumer_count") or 0,
            last_sequence=_count(state, "last_seq"),
            group=_group(_object(each, "cluster")),
            consumers=tuple(_consumers(each, config.get("retention"), replicas)),
        )


def _consumers(stream: _Json, retention: object, replicas: int | None) -> Iterator[Consumer]:
    for each in _objects(stream.get("consumer_detail")):
        config = _object(each, "config") or {}
        own = _count(config, "num_replicas")
        if own == 0:
            own = 1 if retention == "limits" and not config.get("durable_name") else replicas
        yield Consumer(_text(each, "name") or "", own, _group(_object(each, "cluster")))


def _group(cluster: _Json | None) -> Group | None:
    """The group; None if there is none, or if its members cannot be read."""
    if cluster is None or not isinstance(listed := cluster.get("replicas") or [], list):
        return None
    return Group(
        leader=_text(cluster, "leader") or "",
        others=tuple(_member(each if isinstance(each, Mapping) else {}) for each in listed),
        is_moving=cluster.get("desired") is not None,
    )


def _member(peer: _Json) -> Member:
    active = _count(peer, "active")
    return Member(
        name=_text(peer, "name") or "?",
        is_current=peer.get("current") is True,
        is_offline=peer.get("offline", False) is not False,
        is_joining=peer.get("pending", False) is not False,
        silence=None if active is None else active * _NANOSECOND,
        lag=_count(peer, "lag") if "lag" in peer else 0,
    )


def _objects(value: object) -> Iterator[_Json]:
    yield from (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def _object(value: _Json, key: str) -> _Json | None:
    found = value.get(key)
    return found if isinstance(found, Mapping) else None


def _count(value: _Json, key: str) -> int | None:
    found = value.get(key)
    return found if type(found) is int and 0 <= found < _TOO_LARGE else None


def _text(value: _Json, key: str) -> str | None:
    """The text under a key, with control characters escaped: it is shown on terminals."""
    found = value.get(key)
    if not isinstance(found, str):
        return None
    return found if found.isprintable() else found.encode("unicode_escape").decode()
