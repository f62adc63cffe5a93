"""The state that each server reports: itself, the JetStream meta group and its streams (nats-server monitor.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen
from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.inspect.view import is_from_api_server, why
from natsop_core.servers import read_answer
from natsop_core.settled import HEALTH, JETSTREAM, ROUTES, VARIABLES, Group, fault, observe
from natsop_core.stuck_pods import REVISION_LABEL
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.inspect.view import Object, Reply, View
    from natsop_core.settled import Observation, Stream

_RESTARTS_OF_NOTE: Final = 3


@frozen
class ServerState:
    """The answers of one server: what they mean, and those of /varz and /jsz as they are."""

    observation: Observation
    variables: Mapping[str, Any]
    jetstream: Mapping[str, Any]

    @property
    def pod(self) -> str:
        return self.observation.pod

    @property
    def silence(self) -> str:
        """Why it did not answer; empty if it did."""
        return self.observation.silence


def server_state(pod: Object, view: View, *, again: bool = False) -> ServerState:
    """The answers of a pod's server; empty if it does not run, has no monitor, or cannot be queried.

    again: those to a second look, some time after the first.
    """
    name = pod["metadata"]["name"]
    replies = [view.server(pod, path, again=again) for path in (HEALTH, VARIABLES, JETSTREAM)]
    health, variables, jetstream = map(_from_server, replies)
    routes = view.server(pod, ROUTES, again=again) if _body(jetstream).get("disabled") else None
    observation = observe(name, health, variables, jetstream, _from_server(routes), revision=_revision(pod))
    if observation.silence and any(reply is not None for reply in replies):
        view.failures[f"server {name}"] = observation.silence
    return ServerState(observation, _body(variables), _body(jetstream))


def _from_server(reply: Reply | None) -> Reply | None:
    """The answer if it is the server's, or a sentence about why there is none."""
    is_servers = isinstance(reply, HttpAnswer) and not is_from_api_server(reply)
    return reply if reply is None or is_servers else Unreachable(why(reply))


def _body(reply: Reply | None) -> Object:
    return read_answer(reply.body) if isinstance(reply, HttpAnswer) and reply.status == 200 else {}


def _revision(pod: Object) -> str:
    return str((pod["metadata"].get("labels") or {}).get(REVISION_LABEL, ""))


def server_row(pod: Object, state: ServerState) -> dict[str, Any]:
    """One row of the table of servers."""
    containers = pod.get("status", {}).get("containerStatuses", ())
    varz, observation = state.variables, state.observation
    jetstream = observation.jetstream
    return {
        "pod": state.pod,
        "ready": is_ready(pod),
        "restarts": sum(each.get("restartCount", 0) for each in containers),
        "node": pod.get("spec", {}).get("nodeName", ""),
        "version": varz.get("version", ""),
        "answers": not state.silence,
        "health": observation.silence or observation.health or "ok",
        "clients": varz.get("connections"),
        "routes": varz.get("routes"),
        "leafnodes": varz.get("leafnodes"),
        "slowConsumers": varz.get("slow_consumers"),
        "memory": varz.get("mem"),
        "storage": jetstream.storage if jetstream else None,
        "maxStorage": jetstream.max_storage if jetstream else None,
    }


def is_ready(pod: Object) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)


def restarts_of_note(row: Mapping[str, Any]) -> bool:
    """Whether a pod was restarted so often that it deserves a warning."""
    return int(row["restarts"]) >= _RESTARTS_OF_NOTE


def meta_group(observations: Sequence[Observation]) -> dict[str, Any] | None:
    """The JetStream meta group as its leader reports it; None if there is no group, or if no server answers."""
    groups = [(each, meta) for each in observations if each.jetstream and (meta := each.jetstream.meta)]
    if not groups:
        return None
    leaders = sorted({meta.group.leader for _, meta in groups if meta.group.leader})
    of_leader = next((meta for each, meta in groups if meta.group.leader == each.name), groups[0][1])
    members = of_leader.group.others
    faults = [(each, found[1]) for each in members if (found := fault(each, "operations"))]
    return {
        "leader": leaders[0] if len(leaders) == 1 else "",
        "leaders": leaders,
        "size": len(members) + 1 if of_leader.size is None else of_leader.size,
        "offline": [each.name for each, _ in faults if each.is_offline],
        "behind": [f"{each.name} {problem}" for each, problem in faults if not each.is_offline],
    }


def streams(observations: Sequence[Observation]) -> list[dict[str, Any]]:
    """Every stream of every account once, as its leader reports it; streams with a problem come first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for each in observations:
        for stream in each.jetstream.streams if each.jetstream else ():
            key = stream.account_id, stream.name
            is_leaders = stream.group is None or stream.group.leader == each.name
            if key not in found or is_leaders:
                found[key] = _stream_row(stream, each, is_leaders=is_leaders)
    return sorted(found.values(), key=lambda row: (not row["problem"], row["account"], row["stream"]))


def _stream_row(stream: Stream, observation: Observation, *, is_leaders: bool) -> dict[str, Any]:
    group = stream.group or Group(observation.name or observation.pod, (), is_moving=False)
    faults = [f"{each.name} {found[1]}" for each in group.others if (found := fault(each))]
    if not group.leader:
        problem = "no leader: messages cannot be stored or read"
    else:
        problem = ", ".join(faults) if is_leaders else ""  # only the leader knows the state of the other replicas
    return {
        "account": stream.account,
        "stream": stream.name,
        "messages": stream.messages,
        "bytes": stream.bytes,
        "consumers": stream.consumer_count,
        "leader": group.leader,
        "replicas": len(group.others) + 1,
        "current": len(group.others) + 1 - len(faults) if is_leaders else None,
        "problem": problem,
    }


def clock_spread(states: Sequence[ServerState]) -> float | None:
    """Seconds between the clocks of the servers, from answers of about the same time; None for fewer than two."""
    times = [at for state in states if isinstance(text := state.variables.get("now"), str) and (at := moment(text))]
    return (max(times) - min(times)).total_seconds() if len(times) > 1 else None
