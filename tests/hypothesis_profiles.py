"""How hard hypothesis looks: HYPOTHESIS_PROFILE=fuzz looks much harder, and elsewhere each time."""

import os
import random
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, seed, settings

T = TypeVar("T", bound=Callable[..., Any])

USUAL = "usual"
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", USUAL)

_SLOW_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def load_profile() -> None:
    """Make the profile that the environment names the default of all tests."""
    settings.register_profile(
        USUAL, _SLOW_MACHINE, max_examples=50, derandomize=True, database=None
    )  # one commit, one verdict
    settings.register_profile("fuzz", _SLOW_MACHINE, max_examples=2000, print_blob=True)
    settings.load_profile(PROFILE)


def examples(*, usual: int, fuzz: int) -> int:
    """How many examples of a test that takes more or less time than most."""
    return usual if PROFILE == USUAL else fuzz


def part_of_usual(number: int) -> Callable[[T], T]:
    """For one of several parts of a test, which may run at the same time: each looks elsewhere."""
    return seed(number if PROFILE == USUAL else random.SystemRandom().getrandbits(64))
