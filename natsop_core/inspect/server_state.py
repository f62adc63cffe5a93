"""The state that each server reports: itself, the JetStream meta group and its streams (nats-server monitor.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from natsop_core.inputs import HttpAnswer
from natsop_core.inspect.view import is_from_api_server, why
from natsop_core.servers import read_answer
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.inspect.view import Object, View

HEALTH: Final = "/healthz"
VARIABLES: Final = "/varz"
JETSTREAM: Final = "/jsz?accounts=true&streams=true"

MOST_LAG: Final = 100
"""Operations that a replica may be behind: under load it is always a few behind."""

_RESTARTS_OF_NOTE: Final = 3


@dataclass(frozen=True, slots=True)
class ServerState:
    """The answers of one server. silence: why it did not answer; empty if it did."""

    pod: str
    silence: str
    health: str
    variables: Mapping[str, Any]
    jetstream: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name that other servers use for it."""
        return str(self.variables.get("server_name") or self.pod)


def server_state(pod: Object, view: View) -> ServerState:
    """The answers of a pod's server; empty if it does not run, has no monitor, or cannot be queried."""
    name = pod["metadata"]["name"]
    replies = [view.server(pod, path) for path in (HEALTH, VARIABLES, JETSTREAM)]
    health, variables, jetstream = replies
    if health is None and variables is None:
        return ServerState(name, "The pod is not running, or monitoring is disabled.", "", {}, {})
    silence = ""
    for reply in replies:
        if reply is not None and (is_from_api_server(reply) or not isinstance(reply, HttpAnswer)):
            silence = why(reply)
            view.failures[f"server {name}"] = silence
    return ServerState(name, silence, "" if silence else _health(health), _body(variables), _body(jetstream))


def _body(reply: object) -> Object:
    return read_answer(reply.body) if isinstance(reply, HttpAnswer) and reply.status == 200 else {}


def _health(reply: object) -> str:
    """Why the server is unhealthy; empty if it is healthy, or if that is unknown."""
    if not isinstance(reply, HttpAnswer) or reply.status == 200:
        return ""
    return why(reply)


def server_row(pod: Object, state: ServerState) -> dict[str, Any]:
    """One row of the table of servers."""
    containers = pod.get("status", {}).get("containerStatuses", ())
    varz, jetstream = state.variables, state.jetstream
    return {
        "pod": state.pod,
        "ready": is_ready(pod),
        "restarts": sum(each.get("restartCount", 0) for each in containers),
        "node": pod.get("spec", {}).get("nodeName", ""),
        "version": varz.get("version", ""),
        "answers": not state.silence,
        "health": state.silence or state.health or "ok",
        "clients": varz.get("connections"),
        "routes": varz.get("routes"),
        "leafnodes": varz.get("leafnodes"),
        "slowConsumers": varz.get("slow_consumers"),
        "memory": varz.get("mem"),
        "storage": jetstream.get("storage"),
        "maxStorage": _config(jetstream).get("max_storage"),
    }


def is_ready(pod: Object) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def restarts_of_note(row: Mapping[str, Any]) -> bool:
    """Whether a pod was restarted so often that it deserves a warning."""
    return int(row["restarts"]) >= _RESTARTS_OF_NOTE


def _config(jetstream: Object) -> Object:
    config = jetstream.get("config")
    return config if isinstance(config, Mapping) else {}


def meta_group(states: Sequence[ServerState]) -> dict[str, Any] | None:
    """The JetStream meta group as its leader reports it; None if there is no group, or if no server answers."""
    groups = [(state, group) for state in states if isinstance(group := state.jetstream.get("meta_cluster"), Mapping)]
    if not groups:
        return None
    leaders = sorted({str(group["leader"]) for _, group in groups if group.get("leader")})
    of_leader = next((group for state, group in groups if group.get("leader") == state.name), groups[0][1])
    peers = list(_peers(of_leader))
    return {
        "leader": leaders[0] if len(leaders) == 1 else "",
        "leaders": leaders,
        "size": of_leader.get("cluster_size", len(peers) + 1),
        "offline": [name for name, problem in peers if problem == "offline"],
        "behind": [f"{name} ({problem})" for name, problem in peers if problem not in ("", "offline")],
    }


def streams(states: Sequence[ServerState]) -> list[dict[str, Any]]:
    """Every stream of every account once, as its leader reports it; streams with a problem come first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for state in states:
        for account, stream in _streams_of(state):
            key = account, str(stream.get("name", ""))
            row = _stream_row(key, stream, state)
            if key not in found or row["isLeaders"] > found[key]["isLeaders"]:
                found[key] = row
    rows = sorted(found.values(), key=lambda row: (not row["problem"], row["account"], row["stream"]))
    return [{name: value for name, value in row.items() if name != "isLeaders"} for row in rows]


def _streams_of(state: ServerState) -> Iterator[tuple[str, Object]]:
    for account in _objects(state.jetstream.get("account_details")):
        for stream in _objects(account.get("stream_detail")):
            yield str(account.get("name", "")), stream


def _stream_row(key: tuple[str, str], stream: Object, state: ServerState) -> dict[str, Any]:
    cluster = stream.get("cluster")
    counts = stream.get("state")
    counts = counts if isinstance(counts, Mapping) else {}
    row = {
        "account": key[0],
        "stream": key[1],
        "messages": counts.get("messages", 0),
        "bytes": counts.get("bytes", 0),
        "consumers": counts.get("consumer_count", 0),
    }
    if not isinstance(cluster, Mapping):  # one server
        return {**row, "leader": state.name, "replicas": 1, "current": 1, "problem": "", "isLeaders": True}
    leader = str(cluster.get("leader") or "")
    peers = list(_peers(cluster))
    faults = [f"{name} is {problem}" for name, problem in peers if problem]
    is_leaders = leader == state.name
    if not leader:
        problem = "no leader: messages cannot be stored or read"
    elif not is_leaders:
        problem = ""  # only the leader knows the state of the other replicas
    else:
        problem = ", ".join(faults)
    current = len(peers) + 1 - len(faults) if is_leaders else None
    return {
        **row,
        "leader": leader,
        "replicas": len(peers) + 1,
        "current": current,
        "problem": problem,
        "isLeaders": is_leaders,
    }


def _peers(group: Object) -> Iterator[tuple[str, str]]:
    """The other members, and the problem of each."""
    for peer in _objects(group.get("replicas")):
        lag = peer.get("lag", 0)
        name = str(peer.get("name", "?"))
        if peer.get("offline"):
            yield name, "offline"
        elif not peer.get("current") or (isinstance(lag, int) and lag > MOST_LAG):
            yield name, f"{lag} behind" if lag else "not current"
        else:
            yield name, ""


def _objects(value: object) -> Iterator[Object]:
    yield from (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def clock_spread(states: Sequence[ServerState]) -> float | None:
    """Seconds between the clocks of the servers, from answers of about the same time; None for fewer than two."""
    times = [at for state in states if isinstance(text := state.variables.get("now"), str) and (at := moment(text))]
    return (max(times) - min(times)).total_seconds() if len(times) > 1 else None
