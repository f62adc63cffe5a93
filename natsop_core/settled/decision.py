"""Whether a cluster is settled: whether another server can be stopped without harm to any stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from natsop_core.settled.finding import Unsettled
from natsop_core.settled.groups import judge_meta_group, judge_stores, judge_streams

if TYPE_CHECKING:
    from natsop_core.settled.observation import Observation

APART: Final = timedelta(seconds=1)
"""The least time between two looks."""


def settled(
    observations: Sequence[Observation], expected: Mapping[str, str], previous: Sequence[Observation] = ()
) -> tuple[Unsettled, ...]:
    """Why the cluster is not settled; empty if it is.

    observations: one look at all servers. previous: an earlier look.
    expected: the pods of the cluster, each with the revision that it should have; an empty revision: any.
    """
    if found := look(observations, expected):
        return found
    if look(previous, expected) or not all(_is_later(each, previous) for each in observations):
        return (Unsettled("SeenOnce", f"not confirmed by a second check at least {APART.seconds} s after the first"),)
    return tuple(judge_stores(previous, observations))


def look(observations: Sequence[Observation], expected: Mapping[str, str]) -> tuple[Unsettled, ...]:
    """What one look at the servers finds; arguments as for `settled`."""
    return tuple(dict.fromkeys((*_judge_servers(observations, expected), *_judge_jetstream(observations, expected))))


def _is_later(observation: Observation, previous: Sequence[Observation]) -> bool:
    """Whether the server has answered APART after its previous answer, by its own clock."""
    before = next((each.at for each in previous if each.pod == observation.pod), None)
    return bool(before and observation.at and observation.at - before >= APART)


def _judge_servers(observations: Sequence[Observation], expected: Mapping[str, str]) -> Iterator[Unsettled]:
    found = {each.pod: each for each in observations}
    for pod in (*expected, *(found.keys() - expected.keys())):
        seen = found.get(pod)
        if seen is None:
            yield Unsettled("ServerSilent", f"{pod} does not exist")
        elif seen.silence:
            yield Unsettled("ServerSilent", f"{pod} does not answer")
        elif not _is_readable(seen):
            yield Unsettled("AnswerUnreadable", f"{pod} gives an answer that is incomplete or not a nats-server's")
        elif seen.health:
            yield Unsettled("ServerUnhealthy", f"{pod} is not healthy ({seen.health})")
        elif expected.get(pod) not in ("", None, seen.revision):
            yield Unsettled("ServerOutdated", f"{pod} does not run the latest revision")
    names = [each.name for each in observations if each.name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Unsettled("AnswerUnreadable", f"several servers have the name {name}")
    if not expected:
        yield Unsettled("ServerSilent", "no server is expected")


def _is_readable(seen: Observation) -> bool:
    jetstream = seen.jetstream
    if not seen.name or seen.health is None or seen.at is None or jetstream is None:
        return False
    return not jetstream.is_enabled or (
        jetstream.is_complete and all(stream.last_sequence is not None for stream in jetstream.streams)
    )


def _judge_jetstream(observations: Sequence[Observation], expected: Mapping[str, str]) -> Iterator[Unsettled]:
    answering = [each for each in observations if each.jetstream]
    off = [each for each in answering if each.jetstream and not each.jetstream.is_enabled]
    if len(off) == len(answering):
        yield from _judge_mesh(observations)
        return
    for each in off:
        yield Unsettled("ServerUnhealthy", f"JetStream is disabled on {each.pod}")
    if len(expected) > 1 or any(each.jetstream and each.jetstream.meta for each in answering):
        absent = [pod for pod in expected if pod not in {each.pod for each in answering}]
        yield from judge_meta_group(answering, len(expected), absent)
        yield from judge_streams(answering, absent)


def _judge_mesh(observations: Sequence[Observation]) -> Iterator[Unsettled]:
    names = {each.name for each in observations if each.name}
    for each in observations:
        if each.name and (lacking := names - {each.name} - (each.peers or frozenset())):
            yield Unsettled("ServerDisconnected", f"{each.pod} has no route to {', '.join(sorted(lacking))}")
