"""How hard hypothesis looks: HYPOTHESIS_PROFILE=fuzz looks much harder, and elsewhere each time."""

import os

from hypothesis import HealthCheck, settings

_SLOW_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def load_profile() -> None:
    """Make the profile that the environment names the default of all tests."""
    settings.register_profile(
        "usual", _SLOW_MACHINE, max_examples=50, derandomize=True, database=None
    )  # one commit, one verdict
    settings.register_profile("fuzz", _SLOW_MACHINE, max_examples=2000, print_blob=True)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
