"""Which servers have not loaded the current certificates? No server tells which it has, so it goes by times.

A reload of certificates changes nothing but the time of the last reload. That is compared with the time at which the
certificates changed, each as so many seconds ago by the clock of whoever tells it: clocks that differ do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Final

from natsop_core.times import moment, timestamp

if TYPE_CHECKING:
    from natsop_core.resolve.certificates import ServedCertificates
    from natsop_core.servers import Server

_TOLERANCE: Final = 1.0
"""Seconds that an answer usually takes to reach us at most: by so much longer ago a load seems to be than it is."""


_REMEMBERED: Final = 3
"""How many earlier ones the status remembers."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The current certificates, as the status remembers them. since: None where they were never seen to change.

    earlier: those before, the latest first. A change that is taken back before it reaches a pod makes no server reload:
    one that loaded last when the same certificates were current has them still.
    """

    digest: str
    since: datetime | None
    earlier: tuple[Certificates, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """As they stand in the status."""
        since = {"since": timestamp(self.since)} if self.since else {}
        earlier = {"earlier": [each.values for each in self.earlier]} if self.earlier else {}
        return {"digest": self.digest, **since, **earlier}

    def age(self, now: datetime) -> float:
        """For how many seconds they are so."""
        return (now - self.since).total_seconds() if self.since else inf

    def periods(self, now: datetime) -> Iterator[tuple[float, float]]:
        """When the same certificates were current: from and until how many seconds ago."""
        until = 0.0
        for each in (self, *self.earlier):
            if each.digest == self.digest:
                yield each.age(now), until
            until = each.age(now)


def remembered(served: ServedCertificates, previous: Mapping[str, Any], now: datetime) -> Certificates:
    """The current ones, and since when they are so. previous: the status as it stands.

    Without a status to tell what was before, no server is said to be behind: it would be said for ever of servers that
    have loaded them long ago.
    """
    said = previous.get("certificates")
    if not isinstance(said, Mapping) or not said:
        return Certificates(served.digest, None)
    known = _read(said)
    if known.digest == served.digest:
        return known
    return Certificates(
        served.digest, min(served.written or now, now), (replace(known, earlier=()), *known.earlier)[:_REMEMBERED]
    )


def _read(said: Mapping[str, Any]) -> Certificates:
    earlier = tuple(map(_read, said.get("earlier") or ()))
    return Certificates(said.get("digest", ""), moment(said.get("since")), earlier)


def outdated(
    servers: Sequence[Server], current: Certificates, served: ServedCertificates, now: datetime, *, are_ours: bool
) -> frozenset[str]:
    """The pods whose servers have other certificates. are_ours: no file of the user's own names certificates."""
    periods = tuple(current.periods(now))
    late = {
        each.pod
        for each in servers
        if each.loaded_ago is not None and not any(_is_in(each.loaded_ago, *period) for period in periods)
    }
    other = {
        each.pod
        for each in servers
        if are_ours and any(each.expiries.get(name, expected) != expected for name, expected in served.expiries.items())
    }
    return frozenset(late | other)


def _is_in(ago: float, since: float, until: float) -> bool:
    return until - _TOLERANCE <= ago <= since + _TOLERANCE
