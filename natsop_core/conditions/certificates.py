"""Which servers have not loaded the current certificates? No server tells which it has, so it goes by times.

A reload of certificates changes nothing but the time of the last reload. That is compared with the time at which the
certificates changed, each as so many seconds ago by the clock of whoever tells it: clocks that differ do not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.resolve.certificates import ServedCertificates
    from natsop_core.servers import Server

_TOLERANCE: Final = 1.0
"""Seconds that an answer usually takes to reach us at most: by so much longer ago a load seems to be than it is."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """The current certificates, as the status remembers them. since: None where they were never seen to change."""

    digest: str
    since: datetime | None

    @property
    def values(self) -> dict[str, str]:
        """As they stand in the status."""
        since = {"since": f"{self.since:%Y-%m-%dT%H:%M:%SZ}"} if self.since else {}
        return {"digest": self.digest, **since}


def remembered(served: ServedCertificates, previous: Mapping[str, Any], now: datetime) -> Certificates:
    """The current ones, and since when they are so. previous: the status as it stands.

    Without a status to tell what was before, no server is said to be behind: it would be said for ever of servers that
    have loaded them long ago.
    """
    earlier = previous.get("certificates")
    known = earlier if isinstance(earlier, Mapping) else {}
    if known.get("digest") == served.digest:
        return Certificates(served.digest, moment(known.get("since")))
    if not known:
        return Certificates(served.digest, None)
    return Certificates(served.digest, min(served.written or now, now))


def outdated(
    servers: Sequence[Server], current: Certificates, served: ServedCertificates, now: datetime, *, are_ours: bool
) -> frozenset[str]:
    """The pods whose servers have other certificates. are_ours: no file of the user's own names certificates."""
    age = (now - current.since).total_seconds() if current.since else None
    late = {
        each.pod
        for each in servers
        if age is not None and each.loaded_ago is not None and each.loaded_ago > age + _TOLERANCE
    }
    other = {
        each.pod
        for each in servers
        if are_ours and any(each.expiries.get(name, expected) != expected for name, expected in served.expiries.items())
    }
    return frozenset(late | other)
