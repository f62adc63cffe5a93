"""The order of a work queue: quick keys do not wait for slow ones, and namespaces take turns."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from enum import Enum, auto
from itertools import count
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)

QUICK_SECONDS: Final = 5.0
"""Seconds within which a reconciliation counts as quick: half of the timeout of a request to the API server.

A much shorter time would make every reconciliation slow on a busy machine, and quick keys would wait for hanging ones.
"""


class Lane(Enum):
    """How long the last reconciliation of a key took; FRESH when there was none yet."""

    QUICK = auto()
    FRESH = auto()
    SLOW = auto()


class FairQueue(Generic[K]):
    """Keys that wait for a worker. The lanes take turns, and within a lane the groups (namespaces) take turns.

    Within a group, quick and fresh keys are handed out in the order of their arrival: new custom resources are all
    reconciled once before one of them is reconciled again.

    Fresh and slow keys occupy at most all workers but two. The first fresh key of a group without slow keys may use one
    of these two. A group occupies at most all workers but one. So, with three workers or more:

    - a quick key never waits for a fresh or slow one, however many there are, in its own group or in others;
    - the first fresh key of a group without slow keys does not wait either, unless another such key took its place and
      turned out to be slow: then it waits for that one;
    - slow keys are handed out one after the other, whatever the quick ones do.

    A quick key may be slow this time. If that happens on all workers at once, to keys of two groups or more, all others
    wait once for one of them.
    """

    def __init__(self, *, workers: int, group: Callable[[K], Hashable]) -> None:
        self._group = group
        self._most_of_a_group = max(1, workers - 1)
        self._most_unproven = max(1, workers - 2)
        self._numbers = count()
        self._waiting: OrderedDict[Lane, OrderedDict[Hashable, deque[tuple[int, K]]]]  # no empty deque; with the order
        self._waiting = OrderedDict((lane, OrderedDict()) for lane in Lane)
        self._known: dict[K, Lane] = {}
        self._slow: Counter[Hashable] = Counter()  # how many keys of a group are
        self._in_work: Counter[Hashable] = Counter()
        self._fresh_in_work: Counter[Hashable] = Counter()
        self._unproven_in_work = 0

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._known)

    def add(self, key: K) -> None:
        """The key, which neither waits nor is in work, waits now."""
        line = self._waiting[self._lane(key)].setdefault(self._group(key), deque())
        line.append((next(self._numbers), key))

    def begin(self) -> K | None:
        """The next key, which is in work from now on; None when none of those that wait may have this worker."""
        for lane, groups in self._waiting.items():
            if not self._is_full(lane):
                for group in groups:  # those that are passed over are few
                    if self._may_begin(lane, group):
                        self._waiting.move_to_end(lane)
                        return self._take(self._who_came_first(lane, group), group)
        return None

    def end(self, key: K, seconds: float) -> None:
        """The key was in work for so long, which is remembered until it is forgotten or the next turn has ended."""
        self._count(self._lane(key), self._group(key), -1)
        self.forget(key)
        self._known[key] = Lane.QUICK if seconds <= QUICK_SECONDS else Lane.SLOW
        if self._known[key] is Lane.SLOW:
            _add(self._slow, self._group(key), 1)

    def forget(self, key: K) -> None:
        """The key, which is not in work and does not wait, is a fresh one if it ever comes again."""
        if self._known.pop(key, None) is Lane.SLOW:
            _add(self._slow, self._group(key), -1)

    def _lane(self, key: K) -> Lane:
        """The same from when the key waits until its work has ended."""
        return self._known.get(key, Lane.FRESH)

    def _is_full(self, lane: Lane) -> bool:
        """Whether no key of the lane may begin, whatever its group."""
        match lane:
            case Lane.QUICK:
                return False
            case Lane.FRESH:
                return self._unproven_in_work > self._most_unproven
            case Lane.SLOW:
                return self._unproven_in_work >= self._most_unproven

    def _may_begin(self, lane: Lane, group: Hashable) -> bool:
        if self._in_work[group] >= self._most_of_a_group:
            return False
        if lane is Lane.QUICK or self._unproven_in_work < self._most_unproven:
            return True
        return not self._slow[group] and not self._fresh_in_work[group]  # so no slow key: its group has one

    def _who_came_first(self, lane: Lane, group: Hashable) -> Lane:
        """The lane itself, or the other one of quick and fresh keys where one of the same group came sooner."""
        other = {Lane.QUICK: Lane.FRESH, Lane.FRESH: Lane.QUICK}.get(lane, lane)
        line = self._waiting[other].get(group)
        came_sooner = line is not None and line[0][0] < self._waiting[lane][group][0][0]
        return other if came_sooner and not self._is_full(other) and self._may_begin(other, group) else lane

    def _take(self, lane: Lane, group: Hashable) -> K:
        """The first key; its group is the last one of its lane now."""
        groups = self._waiting[lane]
        _, key = groups[group].popleft()
        if groups[group]:
            groups.move_to_end(group)
        else:
            del groups[group]
        self._count(lane, group, 1)
        return key

    def _count(self, lane: Lane, group: Hashable, more: int) -> None:
        _add(self._in_work, group, more)
        if lane is Lane.FRESH:
            _add(self._fresh_in_work, group, more)
        if lane is not Lane.QUICK:
            self._unproven_in_work += more


def _add(counter: Counter[Hashable], group: Hashable, more: int) -> None:
    counter[group] += more
    if not counter[group]:
        del counter[group]
