"""Fixtures for all tests; the testbed's need no machine that can run it until a test asks for one."""

from tests import hypothesis_profiles
from tests.testbed.fixtures import control_plane, kubernetes, namespace, pytest_runtest_makereport

__all__ = ["control_plane", "kubernetes", "namespace", "pytest_runtest_makereport"]

hypothesis_profiles.load_profile()
