"""Finds the servers that have not loaded the current certificates, by comparing times.

A server does not report its certificates; a reload of certificates only changes the time of its last reload. That time
is compared with the time at which the certificates changed. Both are ages in seconds, each measured by its own clock,
so the clocks need not agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen
from natsop_core.times import moment, timestamp

if TYPE_CHECKING:
    from natsop_core.resolve.certificates import ServedCertificates
    from natsop_core.servers import Server

_TOLERANCE: Final = 1.0
"""Seconds that a server's answer usually takes at most. A reload can look that much older than it is."""


_REMEMBERED: Final = 3
"""How many earlier sets of certificates the status remembers."""


@frozen
class Certificates:
    """The current certificates, as the status remembers them. since: None if no change was seen yet.

    earlier: the previous sets, latest first. A change that is undone before it reaches a pod causes no reload: a server
    whose last reload was while the same certificates were current still has them.
    """

    digest: str
    since: datetime | None
    earlier: tuple[Certificates, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the status."""
        since = {"since": timestamp(self.since)} if self.since else {}
        earlier = {"earlier": [each.values for each in self.earlier]} if self.earlier else {}
        return {"digest": self.digest, **since, **earlier}

    def age(self, now: datetime) -> float:
        """Seconds since they last changed."""
        return (now - self.since).total_seconds() if self.since else inf

    def periods(self, now: datetime) -> Iterator[tuple[float, float]]:
        """The periods in which these certificates were current: start and end of each, in seconds ago."""
        until = 0.0
        for each in (self, *self.earlier):
            if each.digest == self.digest:
                yield each.age(now), until
            until = each.age(now)


def remembered(served: ServedCertificates, previous: Mapping[str, Any], now: datetime) -> Certificates:
    """The current certificates and the time of their last change. previous: the current status.

    If the status does not remember certificates, no server counts as outdated: servers that loaded them long ago would
    otherwise count as outdated forever.
    """
    stored = previous.get("certificates")
    if not isinstance(stored, Mapping) or not stored:
        return Certificates(served.digest, None)
    known = _read(stored)
    if known.digest == served.digest:
        return known
    return Certificates(
        served.digest, min(served.written or now, now), (replace(known, earlier=()), *known.earlier)[:_REMEMBERED]
    )


def _read(stored: Mapping[str, Any]) -> Certificates:
    earlier = tuple(map(_read, stored.get("earlier") or ()))
    return Certificates(stored.get("digest", ""), moment(stored.get("since")), earlier)


def outdated(
    servers: Sequence[Server], current: Certificates, served: ServedCertificates, now: datetime, *, are_ours: bool
) -> frozenset[str]:
    """The pods whose servers have other certificates. are_ours: no file of the user names certificates."""
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
