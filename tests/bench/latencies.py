"""How long the operator takes to answer what users write, by the API server's audit log."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from natsop_core import names
from tests.bench.cold import is_status
from tests.testbed.audit import AuditEntry


@dataclass
class Latencies:
    """Seconds from a user's request to the answer to the operator's, and how many requests had no such answer.

    edits: from a change of a cluster to its ConfigMap. creations: from a new cluster to its first status.
    """

    edits: list[float] = field(default_factory=list)
    creations: list[float] = field(default_factory=list)
    unanswered: int = 0


def latencies(entries: Iterable[AuditEntry], *, operator: str) -> Latencies:
    """Those of the entries, which are of users and of the operator, in the order in which they were answered.

    operator: the name of its user. A ConfigMap answers all changes that came before it.
    """
    found, edited, created = Latencies(), _Waiting(), _Waiting()
    for each in entries:
        if each.code >= 300:
            continue
        if each.user == operator:
            if each.resource == "configmaps" and each.is_write:
                found.edits += edited.answered(each.name, each.answered)
            elif is_status(each):
                found.creations += created.answered(each.name, each.answered)
        elif each.resource == "natsclusters":
            if each.verb == "create":
                created.add(each.name, each.time)
            elif each.verb == "patch":
                edited.add(names.config_map(each.name), each.time)
    found.unanswered = len(edited) + len(created)
    return found


class _Waiting:
    """Requests without an answer, by the name of the object that will answer them."""

    def __init__(self) -> None:
        self._since: dict[str, list[datetime]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._since.values()))

    def add(self, name: str, time: datetime) -> None:
        self._since.setdefault(name, []).append(time)

    def answered(self, name: str, time: datetime) -> list[float]:
        return [(time - since).total_seconds() for since in self._since.pop(name, ())]


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many of them do not exceed; 0 where there are none."""
    ordered = sorted(values)
    return ordered[math.ceil(len(ordered) * percent / 100) - 1] if ordered else 0.0


def histogram_percentile(before: dict[float, float], after: dict[float, float], percent: float) -> float:
    """That of what was observed between two readings of a Prometheus histogram's buckets, by their upper bounds.

    Within a bucket as PromQL's histogram_quantile guesses it; of the last bucket, which has no end, where it begins.
    """
    counts = {bound: count - before.get(bound, 0) for bound, count in sorted(after.items())}
    wanted = max(counts.values(), default=0) * percent / 100
    low, below = 0.0, 0.0
    for bound, count in counts.items():
        if count >= wanted > below:
            return low if math.isinf(bound) else low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return 0.0
