"""Who is next: what the quick, the slow and the newcomers may expect of one another."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsop_runtime.fair_queue import QUICK_SECONDS, FairQueue

LONG = QUICK_SECONDS + 0.1


def fair_queue(workers: int) -> FairQueue[str]:
    """Their groups are the keys' first letters."""
    return FairQueue(workers=workers, group=lambda key: key[0])


def begun(waiting: FairQueue[str], *keys: str) -> list[str]:
    """Add the keys, and begin all that may."""
    for key in keys:
        waiting.add(key)
    found = []
    while (key_ := waiting.begin()) is not None:
        found.append(key_)
    return found


def with_history(workers: int, *, quick: str = "", slow: str = "") -> FairQueue[str]:
    """FairQueue in which the keys, with blanks between, had one turn each."""
    waiting = fair_queue(workers)
    for keys, seconds in ((quick, QUICK_SECONDS), (slow, LONG)):
        for key in keys.split():
            assert begun(waiting, key) == [key]
            waiting.end(key, seconds)
    return waiting


def test_slow_keys_leave_two_workers_whatever_namespaces_they_are_of() -> None:
    waiting = with_history(5, slow="a1 b1 c1 d1")
    assert begun(waiting, "a1", "b1", "c1", "d1") == ["a1", "b1", "c1"]
    waiting.end("b1", LONG)
    assert begun(waiting) == ["d1"]


def test_a_quick_key_finds_a_worker_beside_the_slow_ones_of_its_own_namespace_and_of_others() -> None:
    waiting = with_history(3, quick="a9 z1", slow="a1 a2 b1")
    assert begun(waiting, "a1", "a2", "b1") == ["a1"]
    assert begun(waiting, "a9", "z1") == ["a9", "z1"]


def test_a_namespaces_first_key_need_not_stand_behind_the_slow_ones_and_the_next_ones_must() -> None:
    waiting = with_history(4, slow="a1 a2 a3")
    assert begun(waiting, "a1", "a2", "a3") == ["a1", "a2"]
    assert begun(waiting, "n1", "n2") == ["n1"]
    assert begun(waiting, "m1") == [], "the last worker is for those who are known to be quick"
    waiting.end("n1", QUICK_SECONDS)
    assert begun(waiting) == ["n2"]


def test_a_new_key_of_a_namespace_with_slow_ones_stands_behind_them() -> None:
    waiting = with_history(4, quick="b9", slow="a1 a2 b1")
    assert begun(waiting, "a1", "a2") == ["a1", "a2"]
    assert begun(waiting, "b2") == []
    assert begun(waiting, "c1") == ["c1"]


def test_a_namespace_whose_slow_key_was_quick_at_last_is_like_any_other() -> None:
    waiting = with_history(4, slow="b1 b1 a1 a2")
    assert begun(waiting, "b1") == ["b1"]
    waiting.end("b1", QUICK_SECONDS)
    assert begun(waiting, "a1", "a2") == ["a1", "a2"]
    assert begun(waiting, "b2") == ["b2"]


def test_of_a_namespace_that_nobody_knows_many_keys_leave_room_for_another_such() -> None:
    waiting = fair_queue(4)
    assert begun(waiting, "a1", "a2", "a3") == ["a1", "a2"]
    assert begun(waiting, "b1") == ["b1"]


@pytest.mark.parametrize("speed", [QUICK_SECONDS, LONG])
def test_who_is_forgotten_is_new_again(speed: float) -> None:
    waiting = fair_queue(4)
    assert begun(waiting, "a1") == ["a1"]
    waiting.end("a1", speed)
    assert len(waiting) == 1
    waiting.forget("a1")
    assert len(waiting) == 0
    begun(waiting, "x1", "x2")
    assert begun(waiting, "a1", "a2") == ["a1"]


def test_lanes_take_turns_so_that_none_starves() -> None:
    waiting = with_history(9, quick="q1 q2 q3", slow="s1 s2 s3")
    order = begun(waiting, "q1", "q2", "q3", "s1", "s2", "s3", "f1", "f2", "f3")
    assert [Counter(key[0] for key in order[at : at + 3]) for at in (0, 3)] == [Counter("qfs")] * 2


@pytest.mark.parametrize("order", ["a1 a2 a3 a4 a5 a6", "a2 a1 a4 a3 a6 a5", "a2 a4 a1 a6 a3 a5"])
def test_within_a_namespace_quick_and_new_keys_go_in_the_order_of_their_arrival(order: str) -> None:
    waiting = with_history(9, quick="a1 a3 a5")
    assert begun(waiting, *order.split()) == order.split()


def test_namespaces_take_turns() -> None:
    waiting = with_history(9, quick="a1 a2 a3 b1 b2")
    assert begun(waiting, "a1", "a2", "a3", "b1", "b2") == ["a1", "b1", "a2", "b2", "a3"]


def test_a_quick_key_passes_a_new_one_of_its_namespace_that_may_not_begin() -> None:
    waiting = with_history(4, quick="a9", slow="a1 a2")
    assert begun(waiting, "a1", "a2") == ["a1", "a2"]
    assert begun(waiting, "a8", "a9") == ["a9"]


def test_a_quick_key_passes_a_new_one_when_all_workers_for_new_ones_are_taken() -> None:
    waiting = with_history(4, quick="m9", slow="a1 a2")
    assert begun(waiting, "a1", "a2") + begun(waiting, "n1") == ["a1", "a2", "n1"]
    assert begun(waiting, "m1", "m9") == ["m9"]


KEYS = [f"{group}{number}" for group in "abcd" for number in range(4)]


class Model:
    """FairQueue, and what a simpler mind remembers of them."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.fair_queue = fair_queue(workers)
        self.known: dict[str, float] = {}
        self.waiting: set[str] = set()
        self.in_work: set[str] = set()

    def is_quick(self, key: str) -> bool:
        return self.known.get(key, LONG) <= QUICK_SECONDS

    def in_work_of(self, key: str) -> int:
        return sum(each[0] == key[0] for each in self.in_work)

    def begin(self) -> None:
        most_of_a_group, most_slow = max(1, self.workers - 1), max(1, self.workers - 2)
        owed = [key for key in self.waiting if self.is_quick(key) and self.in_work_of(key) < most_of_a_group]
        key = self.fair_queue.begin()
        if key is None:
            assert not owed, "a worker is idle, and a quick key waits"
            assert self.in_work or not self.waiting, "everybody waits for nothing"
            return
        self.waiting.remove(key)
        self.in_work.add(key)
        assert self.in_work_of(key) <= most_of_a_group
        assert sum(not self.is_quick(each) for each in self.in_work) <= most_slow + 1
        assert sum(self.known.get(each, 0) > QUICK_SECONDS for each in self.in_work) <= most_slow

    def end(self, key: str, seconds: float, *, is_gone: bool) -> None:
        self.in_work.remove(key)
        self.fair_queue.end(key, seconds)
        self.known[key] = seconds
        if is_gone:
            self.fair_queue.forget(key)
            del self.known[key]


@given(seed=st.integers(0, 10**6), workers=st.integers(1, 6))
def test_any_history_keeps_a_worker_for_the_quick_and_brings_everybody_a_turn(seed: int, workers: int) -> None:
    chance, model = Random(seed), Model(workers)  # noqa: S311 (no secret)
    for _ in range(120):
        idle = [key for key in KEYS if key not in model.waiting | model.in_work]
        if idle and chance.random() < 0.5:
            key = chance.choice(idle)
            model.fair_queue.add(key)
            model.waiting.add(key)
        if len(model.in_work) < workers and chance.random() < 0.7:
            model.begin()
        if model.in_work and chance.random() < 0.4:
            model.end(chance.choice(sorted(model.in_work)), chance.choice([0, LONG]), is_gone=chance.random() < 0.2)
    while model.waiting or model.in_work:
        if len(model.in_work) < workers:
            model.begin()
        if model.in_work and (len(model.in_work) == workers or chance.random() < 0.5):
            model.end(min(model.in_work), chance.choice([0, LONG]), is_gone=True)
    assert len(model.fair_queue) <= len(KEYS)
    for key in KEYS:
        model.fair_queue.forget(key)
    assert len(model.fair_queue) == 0
