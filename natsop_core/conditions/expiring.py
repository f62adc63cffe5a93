"""ExpiringSoon: the certificates, JWTs and credentials that expire within the next seven days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from natsop_core.conditions.condition import Condition
from natsop_core.findings import Finding
from natsop_core.times import timestamp

if TYPE_CHECKING:
    from natsop_core.reasons import ConditionType, ReasonName
    from natsop_core.resolve.expiry import Expiry

TYPE: Final[ConditionType] = "ExpiringSoon"
FORESIGHT: Final = timedelta(days=7)

_MOST: Final = 10


def expiring_soon(expiries: Iterable[Expiry], now: datetime) -> list[Condition]:
    """Everything that expires within seven days or has expired, the earliest first; no condition when nothing does."""
    near = [each for each in expiries if each.at - now <= FORESIGHT]
    if not near:
        return []
    sentences = [_sentence(each, now) for each in near[:_MOST]]
    more = [f"And {len(near) - _MOST} more."] if len(near) > _MOST else []
    reason: ReasonName = "Expired" if near[0].at <= now else "ExpiresSoon"
    return [Condition(TYPE, "True", Finding(reason, " ".join((*sentences, *more))))]


def expired(expiries: Iterable[Expiry], now: datetime) -> list[Finding]:
    """Everything that has expired and is not covered by another finding."""
    return [Finding("Expired", _sentence(each, now)) for each in expiries if each.at <= now and not each.is_checked]


def expiry_delays(expiries: Iterable[Expiry], now: datetime) -> Iterator[float]:
    """Seconds until each warning period begins, and until each expiry."""
    for each in expiries:
        left = each.at - now
        for seconds in ((left - FORESIGHT).total_seconds(), left.total_seconds()):
            if seconds > 0:
                yield seconds


def next_expiry(expiries: Iterable[Expiry]) -> str | None:
    """The earliest expiry, in the form of the status."""
    return min((timestamp(each.at) for each in expiries), default=None)


def _sentence(expiry: Expiry, now: datetime) -> str:
    verb = "has expired on" if expiry.at <= now else "expires on"
    return f"{expiry.what} {verb} {expiry.at:%Y-%m-%d at %H:%M} UTC: {expiry.remedy}."
