"""Judges Raft groups: the meta group, and the group of every stream and consumer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from natsop_core.frozen import frozen
from natsop_core.settled.finding import Unsettled, UnsettledReason

if TYPE_CHECKING:
    from natsop_core.settled.observation import Group, Member, Observation, Stream

MOST_LAG: Final = 100
"""Operations that a member may be behind: under load it is always a few behind, in healthy clusters at most 6."""

MOST_SILENCE: Final = 5.0
"""Seconds since a leader has last heard a member. Leaders send a heartbeat every second."""


def fault(member: Member, unit: str = "messages") -> tuple[UnsettledReason, str] | None:
    """What is wrong with a member of a group, to be written after its name; None if nothing is."""
    if member.is_offline:
        return "MemberAway", "is offline"
    if member.is_joining:
        return "Moving", "is joining or leaving"
    if member.silence is None or member.lag is None:
        return "AnswerUnreadable", "has an unknown state"
    if member.silence > MOST_SILENCE:
        return "MemberAway", f"has been silent for {member.silence:.0f} s"
    if member.lag > MOST_LAG:
        return _behind(member.lag, unit)
    if member.lag == 0 and not member.is_current:  # never heard; with a small lag it is only busy
        return "MemberBehind", "is not current"
    return None


def judge_meta_group(observations: Sequence[Observation], size: int, absent: Sequence[str]) -> Iterator[Unsettled]:
    """The faults of the meta group. size: the number of servers of the cluster. absent: as for `judge_streams`."""
    metas = {each.name: each.jetstream.meta for each in observations if each.jetstream}
    leaders = {meta.group.leader if meta else "" for meta in metas.values()}
    if leaders == {""}:
        yield Unsettled("NoLeader", "the meta group has no leader")
    elif len(leaders) > 1:
        named = ", ".join(sorted(leader or "none" for leader in leaders))
        yield Unsettled("NoLeader", f"the servers report different meta leaders: {named}")
    elif (meta := metas.get(leader := leaders.pop())) is None:
        yield Unsettled("NoLeader", f"the meta leader {leader} does not answer")
    else:
        members = {leader, *(each.name for each in meta.group.others)}
        if meta.size != size or len(members) != size:
            counts = f"the leader lists {len(members)} and counts {meta.size}"
            yield Unsettled("MembersDiffer", f"the meta group does not have {size} members: {counts}")
        for name in sorted(str(each) for each in metas.keys() - members):
            yield Unsettled("MembersDiffer", f"{name} is not a member of the meta group")
        for name in sorted(each for each in members - metas.keys() if not _is_absent(each, absent)):
            yield Unsettled("MembersDiffer", f"{name} is a member of the meta group, but not a server of the cluster")
        for member in meta.group.others:
            if (found := fault(member, "operations")) and not _is_absent(member.name, absent):
                yield Unsettled(found[0], f"{member.name} {found[1]} in the meta group")


def judge_streams(observations: Sequence[Observation], absent: Sequence[str]) -> Iterator[Unsettled]:
    """The faults of the groups of all streams and consumers.

    absent: the pods of servers that do not answer, about which nothing more is said.
    """
    reports: dict[tuple[str, ...], list[_Report]] = {}
    titles: dict[tuple[str, ...], str] = {}
    for each in observations:
        for stream in each.jetstream.streams if each.jetstream else ():
            key: tuple[str, ...] = (stream.account_id, stream.name)
            what = titles[key] = title(stream)
            reports.setdefault(key, []).append(_Report(each, stream.group, stream.replicas, stream.last_sequence or 0))
            for consumer in stream.consumers:
                inner = (*key, consumer.name)
                titles[inner] = f"consumer {consumer.name} of {what}"
                reports.setdefault(inner, []).append(_Report(each, consumer.group, consumer.replicas))
    for key, found in sorted(reports.items()):
        unit = "messages" if len(key) == 2 else "operations"
        yield from _judge_group(titles[key], found, unit, absent)


def title(stream: Stream) -> str:
    """How messages name a stream."""
    return f"stream {stream.name}" if stream.account == "$G" else f"stream {stream.name} of account {stream.account}"


@frozen
class _Report:
    """A group as one server reports it. replicas: how many members it should have. stored: the last sequence stored."""

    server: Observation
    group: Group | None
    replicas: int | None
    stored: int = 0


def _judge_group(what: str, reports: Sequence[_Report], unit: str, absent: Sequence[str]) -> Iterator[Unsettled]:
    groups = [(each, each.group) for each in reports if each.group is not None and each.replicas is not None]
    if len(groups) < len(reports):
        yield Unsettled("AnswerUnreadable", f"the state of {what} is unknown")
        return
    leading = [(each, group) for each, group in groups if group.leader == each.server.name]
    if len(leading) == 1:
        yield from _judge_as_leader(what, *leading[0], reports, unit, absent)
        return
    named = sorted({group.leader for _, group in groups if group.leader})
    if not named:
        yield Unsettled("NoLeader", f"{what} has no leader")
    elif len(named) > 1:
        yield Unsettled("NoLeader", f"the servers do not agree on the leader of {what}: {', '.join(named)}")
    elif not _is_absent(named[0], absent):
        yield Unsettled("NoLeader", f"{named[0]} does not confirm that it leads {what}")


def _judge_as_leader(
    what: str, leader: _Report, group: Group, reports: Sequence[_Report], unit: str, absent: Sequence[str]
) -> Iterator[Unsettled]:
    members = {leader.server.name, *(each.name for each in group.others)}
    by_name = {each.server.name: each for each in reports}
    if len(group.others) + 1 != leader.replicas:
        yield Unsettled("MembersDiffer", f"{what} has {len(group.others) + 1} instead of {leader.replicas} members")
    if group.is_moving:
        yield Unsettled("Moving", f"{what} is being moved")
    for name in sorted(str(each) for each in by_name.keys() - members):
        yield Unsettled("MembersDiffer", f"{name} has {what}, but is not a member of its group")
    for member in group.others:
        if _is_absent(member.name, absent):
            continue
        if member.name not in by_name:
            yield Unsettled("MembersDiffer", f"{member.name} does not have {what} yet")
        elif found := _lacking(leader, by_name[member.name]) or fault(member, unit):
            yield Unsettled(found[0], f"{member.name} {found[1]} in {what}")


def _lacking(leader: _Report, follower: _Report) -> tuple[UnsettledReason, str] | None:
    """What an unhealthy server has yet to fetch: Raft does not count it. A healthy one may have answered earlier."""
    missing = leader.stored - follower.stored
    return _behind(missing) if follower.server.health and missing > MOST_LAG else None


def _behind(count: int, unit: str = "messages") -> tuple[UnsettledReason, str]:
    return "MemberBehind", f"is {count:,} {unit} behind"


def _is_absent(name: str, absent: Sequence[str]) -> bool:
    """Whether a server has that name: its pod's, after the prefix of the cluster's server names."""
    return any(name.endswith(pod) for pod in absent)


def judge_stores(earlier: Sequence[Observation], later: Sequence[Observation]) -> Iterator[Unsettled]:
    """The members that have not stored in the later look what their leader had stored in the earlier one."""
    wanted = {
        (stream.account_id, stream.name): stream.last_sequence or 0
        for each in earlier
        for stream in (each.jetstream.streams if each.jetstream else ())
        if stream.group is not None and stream.group.leader == each.name
    }
    for each in later:
        for stream in each.jetstream.streams if each.jetstream else ():
            missing = wanted.get((stream.account_id, stream.name), 0) - (stream.last_sequence or 0)
            if missing > MOST_LAG:
                reason, problem = _behind(missing)
                yield Unsettled(reason, f"{each.pod} {problem} in {title(stream)}")
