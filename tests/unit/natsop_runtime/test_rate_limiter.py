"""How often a key may go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natsop_runtime.rate_limiter import RateLimiter


def test_a_burst_goes_freely_and_then_one_by_one() -> None:
    limiter = RateLimiter[str](burst=3, interval=10.0)
    for _ in range(3):
        assert limiter.delay("a", 0.0) == 0.0
        limiter.record("a", 0.0)
    assert limiter.delay("a", 0.0) == 10.0
    assert limiter.delay("a", 4.0) == 6.0
    assert limiter.delay("b", 0.0) == 0.0
    limiter.record("a", 10.0)
    assert limiter.delay("a", 10.0) == 10.0


def test_a_burst_is_as_long_as_it_is_said_to_be_whatever_the_interval() -> None:
    for interval in (0.1, 0.3, 1.0, 7.7):
        limiter = RateLimiter[None](burst=20, interval=interval)
        for _ in range(20):
            assert limiter.delay(None, 1234.5678) == 0.0
            limiter.record(None, 1234.5678)
        assert limiter.delay(None, 1234.5678) > 0.9 * interval


@given(pauses=st.lists(st.floats(0, 30), min_size=1, max_size=60))
def test_over_any_time_a_key_goes_no_more_often_than_its_burst_and_the_steady_pace_allow(pauses: list[float]) -> None:
    burst, interval = 4, 5.0
    limiter = RateLimiter[str](burst=burst, interval=interval)
    now, went = 0.0, list[float]()
    for pause in pauses:
        now += pause
        now += limiter.delay("a", now)
        limiter.record("a", now)
        went.append(now)
    for first in range(len(went)):
        for last in range(first, len(went)):
            assert last - first + 1 <= burst + (went[last] - went[first]) / interval + 1e-6


def test_who_has_not_gone_for_a_while_is_forgotten() -> None:
    limiter = RateLimiter[int](burst=2, interval=1.0)
    for number in range(100):
        limiter.record(number, number * 10.0)
    assert len(limiter) == 1


def test_who_goes_again_keeps_nobody_else_in_memory() -> None:
    limiter = RateLimiter[str](burst=5, interval=1.0)
    for key, now in (("a", 0.0), ("b", 0.0), ("a", 0.5), ("c", 1.5)):
        limiter.record(key, now)
    assert len(limiter) == 2, "b was due before now"


def test_who_is_admitted_counts_and_who_is_not_does_not() -> None:
    limiter: RateLimiter[str] = RateLimiter(burst=2, interval=1.0)
    assert [limiter.admit("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limiter.admit("a", 1.0)
